// What to suggest at the caret. No DOM here: text and hints in, suggestions out.

const SHOWN = 8;
const OPTION_WITH_VALUE = /(?:--|—|–)[\w-]+\s+(?:"[^"]*"|\S+)/g;

/** The command that a text begins with, or undefined. */
export function commandOf(text, commands) {
  const word = /^\s*(\/\S*)/.exec(text)?.[1].toLowerCase();
  return commands.find((command) => command.name === word);
}

/**
 * Suggest for the word that ends at the caret.
 *
 * Returns null or `{start, items}`: `start` is where the word begins, each item has `insert` (what
 * takes the word's place), `title`, `name` (a person's) and `detail`.
 */
export function suggest(text, caret, chat) {
  const before = text.slice(0, caret);
  const word = /[^\s,]*$/.exec(before)[0];
  const start = caret - word.length;
  const items = candidates(before.slice(0, start), word, chat);
  // What is complete is left alone: Enter must send @ann, not turn it into @anna.
  const isComplete = items.some((item) => item.insert === word.toLowerCase());
  return items.length && !isComplete ? { start, items: items.slice(0, SHOWN) } : null;
}

function candidates(earlier, word, chat) {
  if (!earlier.trim()) return word.startsWith("/") ? commandsLike(word, chat.commands) : [];
  const command = commandOf(earlier, chat.commands);
  if (!command) return word.startsWith("@") ? peopleByHandle(word.slice(1), chat.people) : [];
  const named = earlier.trim().slice(command.name.length);
  const takesRecipients = command.usage.includes("RECIPIENT") && areRecipients(named);
  const takesOptions = areRecipients(named.replace(OPTION_WITH_VALUE, ""));
  if (word.startsWith("@")) return peopleByHandle(word.slice(1), chat.people);
  if (word.startsWith("#") && takesRecipients) return peopleById(word.slice(1), chat.people);
  if (!word && takesRecipients && !named.trim()) return peopleByHandle("", chat.people);
  if (takesOptions && /^(--|—|–)/.test(word)) return optionsLike(word, earlier, command.options);
  return [];
}

/** Whether all words so far can be recipients, so that another one may follow. */
function areRecipients(words) {
  return words.split(/[\s,]+/).filter(Boolean).every((word) => /^[@#]|@/.test(word));
}

function commandsLike(word, commands) {
  const typed = word.toLowerCase();
  return commands
    .filter((command) => command.name.startsWith(typed))
    .map((command) => ({ insert: command.name, title: command.name, detail: command.summary }));
}

function peopleByHandle(typed, people) {
  const wanted = typed.toLowerCase();
  return people
    .filter(({ handle, name }) =>
      [handle, ...name.split(/\s+/)].some((part) => part.toLowerCase().startsWith(wanted)))
    .map(({ handle, name, user_id: id }) => ({ insert: `@${handle}`, title: `@${handle}`, name, detail: `#${id}` }));
}

function peopleById(typed, people) {
  return people
    .filter(({ user_id: id }) => String(id).startsWith(typed))
    .map(({ handle, name, user_id: id }) => ({ insert: `#${id}`, title: `#${id}`, name, detail: `@${handle}` }));
}

function optionsLike(word, earlier, options) {
  const typed = word.replace(/^(--|—|–)/, "--").toLowerCase();
  return options
    .filter((option) => option.name.startsWith(typed) && !earlier.includes(`${option.name} `))
    .map((option) => ({
      insert: option.name,
      title: option.metavar ? `${option.name} ${option.metavar}` : option.name,
      detail: option.summary,
    }));
}
