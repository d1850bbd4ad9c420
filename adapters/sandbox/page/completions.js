// The list of suggestions above the message box, for keyboard and touch.

import { avatar, element } from "./dom.js";
import { suggest } from "./completion.js";

export class Completions {
  /** `onAccept` is called after a suggestion has been put into the text. */
  constructor(textarea, list, announcer, onAccept) {
    this.textarea = textarea;
    this.list = list;
    this.announcer = announcer;
    this.onAccept = onAccept;
    this.chat = { commands: [], people: [] };
    this.found = null;
    this.selected = 0;
    this.dismissedAt = -1;
    textarea.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return this.found !== null;
  }

  /** Look again at the word before the caret. */
  update() {
    const { value, selectionStart, selectionEnd } = this.textarea;
    const found = selectionStart === selectionEnd ? suggest(value, selectionStart, this.chat) : null;
    if (found?.start !== this.dismissedAt) this.dismissedAt = -1;
    if (!found || this.dismissedAt !== -1) return this.close();
    if (JSON.stringify(found) === JSON.stringify(this.found)) return;
    this.found = found;
    this.show();
  }

  /** Handle a key; true if it was meant for the list. */
  handleKey(event) {
    if (!this.isOpen || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
    const actions = {
      ArrowDown: () => this.select(this.selected + 1),
      ArrowUp: () => this.select(this.selected - 1),
      Enter: () => this.accept(this.selected),
      Tab: () => this.accept(this.selected),
      Escape: () => this.dismiss(),
    };
    if (!Object.hasOwn(actions, event.key)) return false;
    event.preventDefault();
    actions[event.key]();
    return true;
  }

  close() {
    if (!this.isOpen) return;
    this.found = null;
    this.list.hidden = true;
    this.textarea.removeAttribute("aria-activedescendant");
  }

  dismiss() {
    this.dismissedAt = this.found.start;
    this.close();
  }

  show() {
    const { items } = this.found;
    this.list.replaceChildren(...items.map((item, index) => this.row(item, index)));
    this.list.hidden = false;
    this.select(0);
    const count = items.length === 1 ? "1 suggestion" : `${items.length} suggestions`;
    this.announcer.textContent = `${count}: ${items[0].title}${items[0].name ? `, ${items[0].name}` : ""}`;
  }

  row(item, index) {
    const row = element(
      "li",
      { id: `completion-${index}`, className: "completion" },
      item.name ? avatar(item.name, "small") : null,
      item.name ? element("strong", {}, item.name) : null,
      element("code", {}, item.title),
      element("span", {}, item.detail),
    );
    row.setAttribute("role", "option");
    // Keeps the caret, and on a phone the keyboard, where it is.
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => this.accept(index));
    return row;
  }

  select(index) {
    const rows = [...this.list.children];
    this.selected = (index + rows.length) % rows.length;
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === this.selected)));
    rows[this.selected].scrollIntoView({ block: "nearest" });
    this.textarea.setAttribute("aria-activedescendant", `completion-${this.selected}`);
  }

  accept(index) {
    const { start, items } = this.found;
    const { value, selectionStart } = this.textarea;
    const rest = value.slice(selectionStart);
    const inserted = items[index].insert + (/^\s/.test(rest) ? "" : " ");
    this.textarea.value = value.slice(0, start) + inserted + rest;
    const caret = start + inserted.length + (inserted.endsWith(" ") ? 0 : 1);
    this.textarea.setSelectionRange(caret, caret);
    this.close();
    this.onAccept();
  }
}
