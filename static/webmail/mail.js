// The webmail's behaviour: links and forms without reloads, marking as read, selection, keys.
import "./zone.js";
import { listenForKeys } from "./keys.js";
import { say, send, visit } from "./swap.js";

const GONE = ["archive", "trash", "junk", "move"]; // what takes a row away
const TOAST = 10_000; // milliseconds

function isOurs(link) {
  return link.origin === location.origin && link.pathname.startsWith("/mail/")
    && !link.pathname.startsWith("/mail/message/") && !link.target && !link.hasAttribute("download");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
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
  foresee(form, button);
  send(form, button);
});

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
