// The server-sent events, with reconnecting: the browser's own gives up on some errors.

const EVENTS = ["state", "message", "notification", "removed"];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/**
 * Listen until the page closes.
 *
 * `onEvent(name, value)` gets every event; `onStatus("live" | "lost")` each change of the
 * connection. Returns a function that tries to connect at once.
 */
export function listen({ onEvent, onStatus }) {
  let source = null;
  let timer = 0;
  let wait = FIRST_WAIT_MS;

  function connect() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource("/sandbox/events");
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
    }
    source.addEventListener("state", () => {
      wait = FIRST_WAIT_MS;
      onStatus("live");
    });
    source.addEventListener("error", () => {
      source.close();
      onStatus("lost");
      timer = setTimeout(connect, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  }

  addEventListener("online", connect);
  connect();
  return connect;
}
