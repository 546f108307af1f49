// The webmail's behaviour: links and forms without reloads, marking as read, selection, keys.
import "./zone.js";
import { listenForKeys } from "./keys.js";
import { beforeVisits, say, send, visit } from "./swap.js";

const GONE = ["archive", "trash", "junk", "move"]; // what takes a row away
const TOAST = 10_000; // milliseconds

function isOurs(link) {
  return link.origin === location.origin && link.pathname.startsWith("/mail/")
    && !link.pathname.startsWith("/mail/message/") && !link.target && !link.hasAttribute("download");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.protocol === "mailto:") {
    event.preventDefault();
    writeTo(link);
    return;
  }
  if (link.target.startsWith("frame-")) link.closest(".notice").hidden = true;
  if (!isOurs(link) || link.hash) return;
  event.preventDefault();
  visit(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-plain")) return;
  event.preventDefault();
  if (form.method === "get") {
    visit(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
    return;
  }
  const button = event.submitter;
  if (form.id === "compose") {
    sendLetter(form, button);
    return;
  }
  foresee(form, button);
  send(form, button);
});

// Writing is loaded when somebody writes.

const composing = () => import("./compose.js");

async function sendLetter(form, button) {
  const { mayGo, goOn } = await composing();
  if (!await mayGo(form, button)) return;
  if (!await send(form, button)) goOn();
}

/** A mailto: link opens a letter here; only these fields of it count (RFC 6068). */
function writeTo(link) {
  const asked = new URL(link.href);
  const fields = new URLSearchParams({ to: decodeURIComponent(asked.pathname) });
  for (const [name, value] of asked.searchParams) {
    if (["cc", "bcc", "subject", "body"].includes(name.toLowerCase())) fields.set(name.toLowerCase(), value);
  }
  visit(`${document.querySelector(".write").pathname}?${fields}`);
}

beforeVisits(async () => {
  if (document.getElementById("compose")) await (await composing()).flush();
});

let hasComposed = false;

async function openLetter() {
  const form = document.getElementById("compose");
  if (!form && !hasComposed) return;
  hasComposed = true;
  (await composing()).begin(form);
}

/** Letters that never reached the server are offered again. */
async function offerLeftovers() {
  if (document.getElementById("compose") || !Object.keys(localStorage).some((key) => key.startsWith("posthorn.letter."))) return;
  const { leftovers } = await import("./letterbox.js");
  const rows = document.querySelector(".rows");
  for (const { key, at, subject } of rows && !document.querySelector(".leftover") ? leftovers() : []) {
    const line = document.createElement("p"), link = document.createElement("a");
    line.className = "notice leftover";
    link.href = `${document.querySelector(".write").pathname}?restore=${encodeURIComponent(key)}`;
    link.textContent = "Go on writing";
    line.append(`“${subject || "A letter"}” of ${new Date(at).toLocaleTimeString([], { timeStyle: "short" })} was not saved. `, link);
    rows.before(line);
  }
}

/** Show at once what the server is about to do; its answer puts right what it did not. */
function foresee(form, button) {
  if (button?.classList.contains("star")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  }
  if (!GONE.includes(button?.value)) return;
  const threads = new FormData(form).getAll("thread");
  for (const thread of threads) document.getElementById(thread)?.classList.add("going");
}

window.addEventListener("popstate", () => visit(location.href, { push: false }));

document.addEventListener("change", (event) => {
  if (event.target.id === "all") {
    for (const box of document.querySelectorAll(".row input")) box.checked = event.target.checked;
  }
  if (event.target.type === "checkbox") showSelection();
});

function showSelection() {
  const count = document.querySelectorAll(".row input:checked").length;
  if (count) say(`${count} selected`);
}

function placed() {
  showSelection();
  markRead();
  openLetter().then(offerLeftovers);
}

/** Say what was done, and let it go after a while (one that came later has a time of its own). */
function announceToast() {
  const toast = document.querySelector(".toast");
  if (!toast) return;
  say(toast.querySelector(".said").textContent);
  setTimeout(() => toast.remove(), TOAST);
}

/** What is open has been read. A POST of its own, for no GET may change mail. */
function markRead() {
  const form = document.getElementById("reader-form");
  if (!form?.hasAttribute("data-unread")) return;
  form.removeAttribute("data-unread");
  const extra = { action: "read", quiet: "1", next: location.pathname + location.search };
  send(form, null, { panes: ["sidebar", "list"], push: false, extra });
}

document.addEventListener("placed", placed);
document.addEventListener("toast", announceToast);
listenForKeys();
placed();
announceToast();
