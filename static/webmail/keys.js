// Single keys. They are ignored while one types, with modifiers and during composition, and can be switched off.
import { visit } from "./swap.js";

const OFF = "posthorn.keys-off";
const rows = () => [...document.querySelectorAll(".row:not(.going)")];
const isReading = () => document.body.classList.contains("reading");

function here() {
  return document.activeElement?.closest(".row") ?? document.querySelector(".row.current");
}

function step(by) {
  const all = rows();
  const at = all.indexOf(here());
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  if (!next) return;
  const link = next.querySelector(".open");
  link.focus();
  next.scrollIntoView({ block: "nearest" });
  if (isReading()) visit(link.href);
}

/** On the selected conversations, else on the open one, else on the one in focus. */
function press(action) {
  if (document.querySelector(".row input:checked")) return click(`#list-form .deeds [value="${action}"]`);
  if (isReading()) return click(`#reader-form [value="${action}"]`);
  const row = here();
  if (!row) return;
  row.querySelector("input").checked = true;
  moveOn(row, action);
  click(`#list-form .deeds [value="${action}"]`);
}

/** Focus goes to the next row before this one goes. */
function moveOn(row, action) {
  if (!["archive", "trash"].includes(action)) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  next?.querySelector(".open").focus();
}

function star() {
  if (!document.querySelector(".row input:checked") && !isReading()) {
    here()?.querySelector(".star").click();
    return;
  }
  click(isReading() ? "#reader-form .star" : "#list-form .deeds .star");
}

function select() {
  const box = here()?.querySelector("input");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function openMove() {
  const menu = document.querySelector(isReading() ? "#reader-form .move" : "#list-form .move");
  if (!menu) return;
  menu.open = true;
  menu.querySelector("select").focus();
}

/** On the last message that is unfolded. */
const answer = (kinds) => [...document.querySelectorAll(".message[open]")].at(-1)?.querySelector(kinds)?.click();

const click = (selector) => document.querySelector(selector)?.click();

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => here()?.querySelector(".open").click(),
  u: () => click("#reader .back"),
  c: () => click(".write"),
  r: () => answer(".reply"),
  a: () => answer(".reply-all") ?? answer(".reply"),
  f: () => answer(".forward"),
  x: select,
  e: () => press("archive"),
  "#": () => press("trash"),
  s: star,
  v: openMove,
  I: () => press("read"),
  U: () => press("unread"),
  z: () => click(".toast button"),
  "/": () => document.getElementById("q").select(),
  "?": () => document.getElementById("keys").showModal(),
};

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog");
}

export function listenForKeys() {
  const off = document.getElementById("keys-off");
  off.checked = localStorage.getItem(OFF) === "1";
  off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "1" : ""));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (off.checked && event.key !== "?") return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Escape closes a menu, or leaves the search box for the list. */
function leave(event) {
  const menu = document.querySelector(".move[open]");
  if (menu) menu.open = false;
  else if (event.target.id === "q") event.target.blur();
}
