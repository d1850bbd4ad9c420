// The page: events in, messages out, and what belongs to no single room.

import { Bells } from "./bells.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { element, icon, renewTimes, ring } from "./dom.js";
import { listen } from "./feed.js";
import { showPortal } from "./portal.js";

const TOAST_MS = 5000;
const BANNER_AFTER_MS = 800;
const STATUS = { live: "Live", lost: "Offline" };

const rooms = document.getElementById("main");
const views = document.getElementById("views");
const announcer = document.getElementById("announcer");
const toast = document.getElementById("toast");
const banner = document.getElementById("banner");
const status = document.getElementById("status");

const chat = new Chat({ onExample: tryCommand, press });
const bells = new Bells({ onExample: tryCommand, onCount: showUnread });
const composer = new Composer({ announcer, send });
const handlers = {
  state(state) {
    const hasChat = state.chat !== null;
    views.hidden = !hasChat;
    chat.reset(state.chat, state.messages);
    bells.reset(state.people, state.notifications, hasChat);
    if (hasChat) composer.setHints(state.chat);
    else showView("bells");
  },
  message: (message) => chat.add(message),
  removed: (removed) => bells.remove(removed),
  notification(note) {
    const person = bells.add(note);
    if (person) announce(person, note);
  },
};

const reconnect = listen({
  onEvent: (name, value) => handlers[name](value),
  onStatus: showStatus,
});

views.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) showView(button.dataset.view);
});
document.getElementById("portal-open").addEventListener("click", showPortal);
toast.addEventListener("click", () => showView("bells"));
setInterval(renewTimes, 10000);

function showView(view) {
  rooms.dataset.view = view;
  toast.hidden = true;
  for (const button of views.querySelectorAll("button")) {
    if (button.dataset.view === view) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function tryCommand(command) {
  showView("chat");
  composer.fill(command);
}

function send(text) {
  return post("/chat/messages", { persona: chat.persona, text }, "The message was not sent: there is no connection. It is still here, please try again.");
}

function press(message, button) {
  return post("/chat/presses", { persona: chat.persona, message, button }, "That was not sent: there is no connection. Please try again.");
}

/** Returns an empty string, or in words why it was not taken. */
async function post(path, body, whenLost) {
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.ok) return "";
    return (await answer.json()).error;
  } catch {
    return whenLost;
  }
}

/** Tell by voice, and on a phone that shows the chat by a toast, that a bell has rung. */
function announce(person, note) {
  const text = new DOMParser().parseFromString(note.html, "text/html").body.textContent.slice(0, 200);
  announcer.textContent = `${person.name}’s bell: ${text}`;
  ring(views.querySelector(".bell"));
  if (rooms.dataset.view !== "chat") return;
  toast.replaceChildren(icon("bell", "bell"), element("span", {}, element("strong", {}, `${person.name}’s bell rings`), element("span", {}, text)));
  toast.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { toast.hidden = true; }, TOAST_MS);
}

function showUnread(count) {
  const badge = document.getElementById("unread");
  badge.textContent = count > 99 ? "99+" : count;
  badge.hidden = count === 0;
  document.title = count ? `(${count}) b24bridge` : "b24bridge";
}

/** A short break is not worth a banner: a reconnect mostly takes half a second. */
function showStatus(state) {
  status.dataset.state = state;
  status.textContent = STATUS[state];
  if (state === "live") {
    clearTimeout(banner.timer);
    banner.timer = 0;
    banner.hidden = true;
  } else if (!banner.timer) {
    banner.timer = setTimeout(showBanner, BANNER_AFTER_MS);
  }
}

function showBanner() {
  const again = element("button", { type: "button" }, "Try now");
  again.addEventListener("click", reconnect);
  banner.replaceChildren(icon("offline"), "The connection to b24bridge is lost. Connecting again by itself…", again);
  banner.hidden = false;
}
