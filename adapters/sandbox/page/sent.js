// What was sent to the portal for a notification, as it was sent.

import { element, icon } from "./dom.js";

const FIELDS = [
  ["bb", "MESSAGE"],
  ["plain", "MESSAGE_OUT"],
  ["tag", "TAG"],
  ["sub_tag", "SUB_TAG"],
  ["attach", "ATTACH"],
];

/** A closed disclosure; it is filled when it is opened first. */
export function sentDetails(note) {
  const summary = element("summary", {}, icon("chevron"), "What was sent");
  const details = element("details", { className: "sent" }, summary);
  details.addEventListener("toggle", () => details.append(fields(note)), { once: true });
  return details;
}

function fields(note) {
  const list = element("dl");
  for (const [key, label] of FIELDS) {
    if (!note[key]) continue;
    const value = element("dd", { tabIndex: 0 }, ...visibly(note[key]));
    list.append(element("div", {}, element("dt", {}, label, copyButton(label, value)), value));
  }
  return list;
}

/** Let the invisible word joiners be seen that keep a text literal; the text stays as it is. */
function visibly(text) {
  return text
    .split(/(\u2060)/)
    .map((part) => (part === "\u2060" ? element("span", { className: "joiner", title: "U+2060 WORD JOINER" }, part) : part));
}

function copyButton(label, value) {
  const button = element("button", { type: "button", className: "copy" }, icon("copy"), "Copy");
  button.setAttribute("aria-label", `Copy ${label}`);
  button.addEventListener("click", async () => {
    const isCopied = await copy(value);
    button.replaceChildren(icon(isCopied ? "check" : "copy"), isCopied ? "Copied" : "Press Ctrl+C");
    setTimeout(() => button.replaceChildren(icon("copy"), "Copy"), 2000);
  });
  return button;
}

/** Copy a text; where the browser forbids it (no https, not loopback), select it instead. */
async function copy(value) {
  try {
    await navigator.clipboard.writeText(value.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(value);
    return false;
  }
}
