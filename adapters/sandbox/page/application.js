// The application of a bridge: installed, its tokens expired, and removed, as an administrator does.

const DONE = { install: "It is installed.", expire: "Its tokens have expired; it will renew them.", uninstall: "It is removed." };

const section = document.getElementById("application");
const note = document.getElementById("application-note");

for (const button of section.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => carryOut(button.dataset.do));
}

/** Show the section if the sandbox knows a bridge. */
export async function showApplication() {
  try {
    const { install_url: url } = await (await fetch("/sandbox/application")).json();
    section.hidden = !url;
    if (!note.textContent) note.textContent = `Its installation path is ${url}`;
  } catch {
    // The page itself tells that the connection is lost.
  }
}

async function carryOut(what) {
  note.textContent = "…";
  try {
    const answer = await fetch(`/sandbox/${what}`, { method: "POST" });
    note.textContent = answer.ok ? DONE[what] : (await answer.json()).error;
  } catch (error) {
    note.textContent = `That did not work: ${error.message}`;
  }
}
