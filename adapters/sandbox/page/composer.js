// The message box: sending, lines, earlier messages, suggestions.

import { Completions } from "./completions.js";
import { commandOf } from "./completion.js";

export class Composer {
  /** `send(text)` returns an empty string, or in words why the message was not taken. */
  constructor({ announcer, send }) {
    this.form = document.getElementById("composer");
    this.textarea = document.getElementById("text");
    this.button = document.getElementById("send");
    this.usage = document.getElementById("usage");
    this.keys = document.getElementById("keys");
    this.problem = document.getElementById("problem");
    this.send = send;
    this.history = [];
    this.recalled = 0;
    this.draft = "";
    this.isSending = false;
    const list = document.getElementById("completions");
    this.completions = new Completions(this.textarea, list, announcer, () => this.changed());
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.textarea.addEventListener("input", () => this.changed());
    this.textarea.addEventListener("click", () => this.completions.update());
    this.textarea.addEventListener("keyup", (event) => {
      if (/^(Arrow(Left|Right)|Home|End)$/.test(event.key)) this.completions.update();
    });
    this.textarea.addEventListener("keydown", (event) => this.keyDown(event));
  }

  setHints(chat) {
    this.completions.chat = chat;
    this.changed();
    // Not on a phone, whose keyboard would cover the page before it is seen.
    if (document.activeElement === document.body && matchMedia("(pointer: fine)").matches) this.textarea.focus();
  }

  /** Put a command into the box, ready to be sent or changed. */
  fill(text) {
    this.put(text);
    this.completions.close();
    this.textarea.focus();
  }

  keyDown(event) {
    if (event.isComposing || this.completions.handleKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "ArrowUp" && this.isCaretOnEdge("start")) {
      this.recall(-1, event);
    } else if (event.key === "ArrowDown" && this.isCaretOnEdge("end")) {
      this.recall(1, event);
    }
  }

  /** Whether the caret stands on the first ("start") or the last ("end") line. */
  isCaretOnEdge(edge) {
    const { value, selectionStart, selectionEnd } = this.textarea;
    if (selectionStart !== selectionEnd) return false;
    const beyond = edge === "start" ? value.slice(0, selectionStart) : value.slice(selectionStart);
    return !beyond.includes("\n");
  }

  recall(step, event) {
    const wanted = this.recalled + step;
    if (event.shiftKey || wanted < 0 || wanted > this.history.length) return;
    event.preventDefault();
    if (this.recalled === this.history.length) this.draft = this.textarea.value;
    this.recalled = wanted;
    this.put(this.history[wanted] ?? this.draft);
    this.completions.close();
  }

  async submit(event) {
    event.preventDefault();
    const text = this.textarea.value.replace(/\s+$/, "");
    if (!text.trim() || this.isSending) return;
    this.isSending = true;
    this.showProblem(await this.send(text));
    this.isSending = false;
    if (!this.problem.hidden) return;
    if (this.history.at(-1) !== text) this.history.push(text);
    this.recalled = this.history.length;
    this.put("");
  }

  put(text) {
    this.textarea.value = text;
    this.textarea.setSelectionRange(text.length, text.length);
    this.changed();
  }

  changed() {
    const { value, style } = this.textarea;
    style.height = "auto";
    style.height = `${this.textarea.scrollHeight}px`;
    this.button.disabled = !value.trim();
    const command = commandOf(value, this.completions.chat.commands);
    this.usage.textContent = command?.usage ?? "";
    this.usage.hidden = !command;
    this.keys.hidden = Boolean(command);
    this.showProblem("");
    this.completions.update();
  }

  showProblem(problem) {
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
  }
}
