// The portal's panel: what it was asked and accepted, and what is to go wrong.

import { showApplication } from "./application.js";
import { clockTime, element } from "./dom.js";

const SHOWN = 100;
const RENEW_MS = 2000;
const PAGE = "<!doctype html><title>Bad Gateway</title><h1>Bad Gateway</h1>";
const NAMES = { accepted: "Accepted", requests: "Requests", refused: "Refused as too many", token_refreshes: "Tokens renewed" };

const dialog = document.getElementById("portal");
const form = document.getElementById("fault");
const pending = document.getElementById("pending");
const clear = document.getElementById("clear-faults");
const problem = document.getElementById("fault-problem");

form.addEventListener("submit", addFault);
form.elements.kind.addEventListener("change", chooseFields);
clear.addEventListener("click", clearFaults);
document.getElementById("portal-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", ({ target }) => {
  if (target === dialog) dialog.close();
});
chooseFields();

/** Open the panel and keep it up to date while it is open. */
export async function showPortal() {
  dialog.showModal();
  showApplication();
  while (dialog.open) {
    await renew();
    await new Promise((resolve) => setTimeout(resolve, RENEW_MS));
  }
}

/** Show the fields that the chosen kind of fault has; hidden ones are not checked. */
function chooseFields() {
  for (const label of form.querySelectorAll("[data-for]")) {
    label.hidden = !label.dataset.for.split(" ").includes(form.elements.kind.value);
    label.querySelector("input").disabled = label.hidden;
  }
}

async function addFault(event) {
  event.preventDefault();
  const { kind, code, status, latency, calls, share, method } = form.elements;
  const fault = { calls: Number(calls.value), share: share.value / 100, method: method.value.trim().toLowerCase() };
  if (kind.value === "code") fault.code = code.value.trim();
  if (kind.value === "page") fault.page = PAGE;
  if (["before", "after"].includes(kind.value)) fault.drops_connection = true;
  if (kind.value === "after") fault.after_processing = true;
  if (!status.disabled && status.value) fault.status = Number(status.value);
  if (!latency.disabled) fault.latency_seconds = Number(latency.value);
  await change("POST", JSON.stringify(fault));
}

async function clearFaults() {
  await change("DELETE");
  form.elements.kind.focus();
}

async function change(method, body) {
  problem.hidden = true;
  try {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const answer = await fetch("/sandbox/faults", { method, headers, body });
    if (!answer.ok) throw new Error((await answer.json()).error);
    await renew();
  } catch (error) {
    problem.textContent = `That did not work: ${error.message}`;
    problem.hidden = false;
  }
}

async function renew() {
  try {
    const [faults, ledger] = await Promise.all(["faults", `ledger?newest=${SHOWN}`].map(read));
    showFaults(faults.faults);
    showCounters(ledger.counters);
    showLedger(ledger.notifications, ledger.counters.accepted);
  } catch {
    // The page itself tells that the connection is lost.
  }
}

async function read(what) {
  return (await fetch(`/sandbox/${what}`)).json();
}

function showFaults(faults) {
  pending.replaceChildren(...faults.map((fault) => element("li", {}, describe(fault))));
  clear.hidden = faults.length === 0;
}

function describe(fault) {
  const what = fault.code || (fault.page ? "HTML page" : fault.drops_connection ? "Connection lost" : fault.status ? "Error" : "Late");
  const details = [
    fault.status ? `HTTP ${fault.status}` : "",
    fault.after_processing ? "after it was carried out" : "",
    fault.latency_seconds ? `${fault.latency_seconds} s` : "",
    fault.method || "any method",
    fault.calls ? `${fault.calls} ${fault.calls === 1 ? "call" : "calls"}` : "until cleared",
    fault.share < 1 ? `${Math.round(fault.share * 100)} % of them` : "",
  ];
  return [what, ...details].filter(Boolean).join(" · ");
}

function showCounters({ by_method: byMethod, ...counters }) {
  const rows = [...Object.entries(counters).map(([name, count]) => [NAMES[name] ?? name, count]), ...Object.entries(byMethod)];
  const shown = rows.map(([name, count]) => element("div", {}, element("dt", {}, name), element("dd", {}, count.toLocaleString("en"))));
  document.getElementById("counters").replaceChildren(...shown);
}

function showLedger(notifications, count) {
  document.getElementById("ledger-box").hidden = count === 0;
  document.getElementById("ledger-note").textContent = count > SHOWN ? `The newest ${SHOWN} of ${count}.` : count ? "" : "Nothing yet.";
  document.getElementById("ledger").replaceChildren(...notifications.reverse().map(ledgerRow));
}

function ledgerRow({ id, user_id: userId, message, state, at }) {
  const cells = [id, `#${userId}`, element("span", { title: message }, message), state, clockTime(at)];
  const row = element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
  row.dataset.state = state;
  return row;
}
