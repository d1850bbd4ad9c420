// Small parts of the page: elements, icons, avatars, times.

const SVG = "http://www.w3.org/2000/svg";
const LONG_CHARACTERS = 1200;
const LONG_LINES = 18;
const TONES = 6;
const tones = new Map();

/** Make an element; children that are null are left out, strings become text. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  if (className) svg.setAttribute("class", className);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A round picture of somebody's initials; a name keeps its colour, the first six differ. */
export function avatar(name, className = "") {
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "");
  const made = element("span", { className: `avatar ${className}` }, initials.join("").toUpperCase());
  made.setAttribute("aria-hidden", "true");
  if (!tones.has(name)) tones.set(name, tones.size % TONES);
  made.dataset.tone = tones.get(name);
  return made;
}

export function botAvatar() {
  const made = element("span", { className: "avatar bot" }, icon("bridge"));
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** A block of formatted text; `html` comes from the server, which has made it safe. */
export function rich(html) {
  const made = element("div", { className: "rich" });
  made.innerHTML = html;
  for (const link of made.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  // The security policy forbids style attributes, and invalid values are ignored here.
  for (const { style, dataset } of made.querySelectorAll("[data-size]")) style.fontSize = `${dataset.size}px`;
  for (const { style, dataset } of made.querySelectorAll(".color")) style.setProperty("--written", dataset.color);
  return made;
}

/** Fold a block that is much too long to be read in passing. */
export function foldWhenLong(block) {
  const lines = block.querySelectorAll("br, p, li, tr").length + block.textContent.split("\n").length;
  if (block.textContent.length < LONG_CHARACTERS && lines < LONG_LINES) return;
  block.classList.add("long");
  const more = element("button", { type: "button", className: "more" }, "Show all");
  more.setAttribute("aria-expanded", "false");
  more.addEventListener("click", () => {
    const folded = block.classList.toggle("long");
    more.textContent = folded ? "Show all" : "Show less";
    more.setAttribute("aria-expanded", String(!folded));
  });
  block.after(more);
}

export function clockTime(at) {
  const date = new Date(at);
  const text = date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return element("time", { dateTime: at, title: date.toLocaleString("en") }, text);
}

/** A time in words ("2 min ago") that `renewTimes` keeps true. */
export function agoTime(at) {
  const made = element("time", { dateTime: at, title: new Date(at).toLocaleString("en") }, ago(at));
  made.dataset.ago = "";
  return made;
}

export function renewTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}

function ago(at) {
  const seconds = (Date.now() - new Date(at).getTime()) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(at).toLocaleDateString("en", { day: "numeric", month: "short" });
}

/** Swing a bell once more, also while it still swings. */
export function ring(bell) {
  bell.classList.remove("ringing");
  void bell.getBoundingClientRect();
  bell.classList.add("ringing");
}

/** A command to try, which `onChosen(command)` puts into the message box. */
export function example(command, summary, onChosen) {
  const made = element(
    "button",
    { type: "button", className: "example" },
    element("code", {}, command),
    summary ? element("span", {}, summary) : null,
  );
  made.addEventListener("click", () => onChosen(command));
  return made;
}
