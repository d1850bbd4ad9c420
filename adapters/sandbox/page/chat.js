// The chat's messages, and as whom one types.

import { avatar, botAvatar, clockTime, element, example, foldWhenLong, rich } from "./dom.js";

const BOT = "b24bridge";
const KEPT = 500;
const PATIENCE_MS = 15000;

export class Chat {
  /**
   * `onExample(command)` is called when somebody chooses a command to try; `press(message, number)`
   * returns an empty string, or in words why the press was not taken.
   */
  constructor({ onExample, press }) {
    this.room = document.getElementById("chat");
    this.log = document.getElementById("log");
    this.list = document.getElementById("messages");
    this.welcome = document.getElementById("welcome");
    this.working = document.getElementById("working");
    this.personas = document.getElementById("personas");
    this.onExample = onExample;
    this.press = press;
    this.isAtEnd = true;
    this.scrolledTo = 0;
    this.log.addEventListener("scroll", () => this.noteScroll());
    // The box grows, a keyboard opens, the room is shown again: whoever read the end still does.
    new ResizeObserver(() => this.isAtEnd && this.scrollToEnd()).observe(this.log);
    this.names = new Map();
    this.shown = new Map();
    this.unanswered = new Set();
  }

  get persona() {
    return this.personas.querySelector("input:checked")?.value ?? "";
  }

  /** Show a whole chat, or none when the sandbox runs without a bridge. */
  reset(chat, messages) {
    this.room.hidden = chat === null;
    if (chat === null) return;
    this.names = new Map(chat.personas.map(({ handle, name }) => [handle, name]));
    this.showPersonas(chat.personas);
    this.showExamples(chat);
    this.list.replaceChildren();
    this.shown.clear();
    this.unanswered.clear();
    for (const message of messages) this.add(message, { isFresh: false });
    this.showWelcome();
    this.showWorking();
    this.scrollToEnd();
  }

  /** Add a message, or put it in the place of the one it replaces. */
  add(message, { isFresh = true } = {}) {
    const follows = this.isAtEnd || message.author === "you";
    const row = this.row(message);
    const earlier = this.shown.get(message.replaces ?? message.id);
    if (earlier) earlier.replaceWith(row);
    else this.list.append(row);
    this.shown.set(message.id, row);
    foldWhenLong(row.querySelector(".rich"));
    if (isFresh) this.follow(message, row);
    while (this.list.children.length > KEPT) this.list.firstElementChild.remove();
    this.showWelcome();
    if (follows) this.scrollToEnd();
  }

  /** Mark a new message, and say that the bot works until it has answered. */
  follow(message, row) {
    row.classList.add("fresh");
    if (message.author === "bot") {
      this.unanswered.delete(message.answers);
      this.setDisabled(this.list.querySelectorAll(".press:disabled"), false);
    } else if (row.querySelector(".rich").textContent.trimStart().startsWith("/")) {
      this.unanswered.add(message.id);
      setTimeout(() => this.unanswered.delete(message.id) && this.showWorking(), PATIENCE_MS);
    }
    this.showWorking();
  }

  row(message) {
    const isBot = message.author === "bot";
    const name = this.names.get(message.persona) ?? message.persona;
    const row = element(
      "li",
      { className: `message ${isBot ? "bot" : "typed"}` },
      isBot ? botAvatar() : avatar(name),
      element(
        "div",
        { className: "message-head" },
        element("strong", {}, isBot ? BOT : name),
        isBot ? element("span", {}, `to ${name.split(" ")[0]}`) : null,
        clockTime(message.at),
        message.replaces ? element("span", {}, "updated") : null,
      ),
      rich(message.html),
      message.buttons.length ? this.buttons(message) : null,
    );
    return row;
  }

  /** What may be pressed under an answer; once pressed it waits for what the bot says next. */
  buttons(message) {
    const made = message.buttons.map(({ label }) => element("button", { type: "button", className: "press" }, label));
    const problem = element("p", { className: "problem", hidden: true, role: "alert" });
    made.forEach((button, number) => button.addEventListener("click", async () => {
      this.setDisabled(made, true);
      problem.textContent = await this.press(message.id, number);
      problem.hidden = !problem.textContent;
      if (problem.textContent) this.setDisabled(made, false);
      else setTimeout(() => this.setDisabled(made, false), PATIENCE_MS);
    }));
    return element("div", { className: "presses" }, ...made, problem);
  }

  setDisabled(buttons, isDisabled) {
    for (const button of buttons) button.disabled = isDisabled;
  }

  showPersonas(personas) {
    const chosen = this.persona || personas[0]?.handle;
    const labels = personas.map(({ handle, name }) => {
      const input = element("input", { type: "radio", name: "persona", value: handle, checked: handle === chosen });
      const label = element("label", { title: name }, input, avatar(name, "small"), name.split(" ")[0]);
      return label;
    });
    this.personas.replaceChildren(this.personas.querySelector("legend"), ...labels);
  }

  /** Offer commands that work here, with people who are not in the room themselves. */
  showExamples({ commands, people }) {
    const has = (name) => commands.some((command) => command.name === name);
    const others = people.filter(({ handle }) => !this.names.has(handle));
    const [first, second] = [...others].reverse().concat(people.slice(0, 2));
    const tries = [
      [first && has("/b24notify"), `/b24notify @${first?.handle} **api** is [down](https://status.example/1)`, "Notify somebody, with Markdown"],
      [second && has("/b24notify"), `/b24notify @${first?.handle} @${second?.handle} --tag deploy Deploy starts in *five minutes*`, "Several people, with a tag: sent again, it replaces"],
      [second && has("/b24who"), `/b24who @${second?.handle}`, "See who somebody is in Bitrix24"],
      [has("/b24help"), "/b24help", "All commands"],
    ];
    const rows = tries
      .filter(([isPossible]) => isPossible)
      .map(([, command, summary]) => element("li", {}, example(command, summary, this.onExample)));
    document.getElementById("examples").replaceChildren(...rows);
  }

  showWelcome() {
    this.welcome.hidden = this.list.children.length > 0;
  }

  showWorking() {
    this.working.hidden = this.unanswered.size === 0;
    if (this.isAtEnd) this.scrollToEnd();
  }

  /** Only scrolling up leaves the end: the log also scrolls when it becomes smaller. */
  noteScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    const isNear = scrollHeight - scrollTop - clientHeight < 40;
    this.isAtEnd = isNear || (this.isAtEnd && scrollTop >= this.scrolledTo);
    this.scrolledTo = scrollTop;
  }

  scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.isAtEnd = true;
  }
}
