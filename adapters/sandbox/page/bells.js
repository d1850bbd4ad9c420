// The bells: a card a person, with what they see in Bitrix24.

import { avatar, element, example, foldWhenLong, icon, ring, agoTime, rich } from "./dom.js";
import { sentDetails } from "./sent.js";

const SHOWN = 100;

class Bell {
  constructor(person, { onExample, onRead }) {
    this.person = person;
    this.notes = new Map();
    this.unread = new Set();
    this.list = element("ol", { className: "notes" });
    this.list.setAttribute("aria-label", `${person.name}’s notifications`);
    this.icon = icon("bell", "bell");
    this.badge = element("span", { className: "badge", hidden: true });
    this.badge.setAttribute("aria-hidden", "true");
    this.button = element("button", { type: "button", className: "bell-button" }, this.icon, this.badge);
    this.button.addEventListener("click", () => {
      this.markRead();
      onRead();
    });
    this.quiet = quiet(person, onExample);
    this.card = this.makeCard();
    this.renew();
  }

  add(note, isFresh) {
    this.remove(note.id);
    const row = noteRow(note);
    this.notes.set(note.id, row);
    this.unread.add(note.id);
    this.list.prepend(row);
    while (this.list.children.length > SHOWN) this.list.lastElementChild.remove();
    this.renew();
    foldWhenLong(row.querySelector(".rich"));
    if (isFresh) this.sound(row);
  }

  remove(id) {
    this.notes.get(id)?.remove();
    this.notes.delete(id);
    this.unread.delete(id);
    this.renew();
  }

  markRead() {
    this.unread.clear();
    this.renew();
  }

  /** Take over from an earlier state of the same bell what was read already. */
  keepRead(earlier) {
    for (const [id, row] of this.notes) {
      const isKnown = earlier.notes.get(id)?.dataset.at === row.dataset.at;
      if (isKnown && !earlier.unread.has(id)) this.unread.delete(id);
    }
    this.renew();
  }

  sound(row) {
    row.classList.add("fresh");
    ring(this.icon);
    this.list.scrollTop = 0;
    // Do not pull away what somebody reads with the keyboard.
    if (!document.activeElement.closest(".bells")) row.scrollIntoView({ block: "nearest" });
    this.card.classList.add("rung");
    clearTimeout(this.rungTimer);
    this.rungTimer = setTimeout(() => this.card.classList.remove("rung"), 2400);
  }

  renew() {
    const count = this.unread.size;
    const isEmpty = this.notes.size === 0;
    this.quiet.hidden = !isEmpty;
    this.list.hidden = isEmpty;
    this.list.tabIndex = isEmpty ? -1 : 0;
    this.badge.textContent = count > 99 ? "99+" : count;
    this.badge.hidden = count === 0;
    this.button.classList.toggle("unread", count > 0);
    const label = count ? `${this.person.name}: ${count} unread, mark as read` : `${this.person.name}: nothing unread`;
    this.button.setAttribute("aria-label", label);
    this.button.title = count ? "Mark as read" : "Nothing unread";
    for (const [id, row] of this.notes) row.classList.toggle("unread", this.unread.has(id));
  }

  makeCard() {
    const { id, name, position, handle } = this.person;
    const about = [position, handle && `@${handle}`, `#${id}`].filter(Boolean).join(" · ");
    const title = element("h3", { id: `bell-${id}` }, name);
    const head = element("header", { className: "card-head" }, avatar(name), element("div", {}, title, element("p", { title: about }, about)), this.button);
    const card = element("section", { className: "card" }, head, this.quiet, this.list);
    card.setAttribute("aria-labelledby", title.id);
    card.dataset.userId = id;
    return card;
  }
}

export class Bells {
  /** `onExample(command)`: a command to try was chosen; `onCount(unread)`: the total has changed. */
  constructor({ onExample, onCount }) {
    this.cards = document.getElementById("cards");
    this.onExample = onExample;
    this.onCount = onCount;
    this.bells = new Map();
  }

  /** Show all bells as they are; what was read stays read, after a reconnect too. */
  reset(people, notes, hasChat) {
    const earlier = this.bells;
    const options = { onExample: hasChat ? this.onExample : null, onRead: () => this.count() };
    this.bells = new Map(people.map((person) => [person.id, new Bell(person, options)]));
    this.cards.replaceChildren(...[...this.bells.values()].map((bell) => bell.card));
    for (const note of notes) this.bells.get(note.user_id)?.add(note, false);
    for (const [id, bell] of earlier) this.bells.get(id)?.keepRead(bell);
    this.count();
  }

  /** Ring; returns the person whose bell it is. */
  add(note) {
    const bell = this.bells.get(note.user_id);
    if (!bell) return null;
    bell.add(note, true);
    this.count();
    return bell.person;
  }

  remove({ id, user_id: userId }) {
    this.bells.get(userId)?.remove(id);
    this.count();
  }

  count() {
    this.onCount([...this.bells.values()].reduce((sum, bell) => sum + bell.unread.size, 0));
  }
}

function noteRow(note) {
  const row = element(
    "li",
    { className: "note" },
    element("div", { className: "note-head" }, avatar(note.author, "small"), element("strong", {}, note.author), agoTime(note.at)),
    rich(note.html),
    sentDetails(note),
  );
  row.dataset.at = note.at;
  return row;
}

function quiet(person, onExample) {
  const made = element("div", { className: "quiet" }, element("p", {}, "No notifications yet."));
  const recipient = person.handle ? `@${person.handle}` : `#${person.id}`;
  if (onExample) made.append(example(`/b24notify ${recipient} hello`, "", onExample));
  return made;
}
