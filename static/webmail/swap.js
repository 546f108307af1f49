// Pages without reloads: each address gives a whole page, of which only what changed is put in place.
// Everything here also works without this file, as links and forms.

const PANES = ["sidebar", "list", "reader"];
let latest = 0;
let writing = Promise.resolve(); // forms are sent one after the other, and pages asked for after them

let leaving = async () => {};

/** What is to be done before another page is asked for. */
export function beforeVisits(work) {
  leaving = work;
}

/** Go to an address of the webmail, as a click on its link would. */
export async function visit(url, { push = true } = {}) {
  document.documentElement.classList.add("waiting");
  await show(writing.then(leaving).then(() => fetch(url, { headers: { Accept: "text/html" } })), { push });
}

/** Send a form, with the button that was pressed; `panes` limits what the answer may replace.
 *  Resolves to whether it got through. (getAttribute, because buttons named "action" hide form.action.) */
export async function send(form, button, { panes = PANES, push = true, extra = {} } = {}) {
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const address = form.getAttribute("action");
  const answering = writing.then(() => fetch(address, { method: "POST", body }));
  writing = answering.catch(() => {});
  return show(answering, { panes, push });
}

/** Put the answer in place; whether one came. */
async function show(answering, { panes = PANES, push }) {
  const turn = ++latest;
  let answer;
  try {
    answer = await answering;
  } catch {
    say("You seem to be offline. Nothing was changed.");
    return false;
  } finally {
    document.documentElement.classList.remove("waiting");
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.querySelector(".toast")) placeToast(page);
  if (turn !== latest && !page.querySelector("#compose .trouble")) return true;
  if (!page.getElementById("list")) {
    location.assign(answer.url); // logged out, or an error page: show it whole
    return false;
  }
  const address = new URL(answer.url);
  if (push && address.href !== location.href) history.pushState({}, "", address);
  place(page, panes);
  return true;
}

/** What was done is said even if the page that says so is late; nothing said stays until it fades. */
function placeToast(page) {
  put("toast", page);
  document.dispatchEvent(new Event("toast"));
}

function put(id, page) {
  const old = document.getElementById(id), fresh = page.getElementById(id);
  if (old && fresh) old.replaceWith(document.adoptNode(fresh));
}

function place(page, panes) {
  const focused = document.activeElement?.closest("[id]")?.id;
  const rows = document.querySelector(".rows");
  const before = { heading: document.getElementById("list-title")?.textContent, top: rows?.scrollTop ?? 0 };
  const chosen = new Set([...document.querySelectorAll(".row input:checked")].map((box) => box.value));
  for (const id of panes) put(id, page);
  if (panes.includes("reader")) {
    document.title = page.title;
    document.body.className = page.body.className;
  }
  keepPlace(before, chosen, focused);
  document.dispatchEvent(new Event("placed"));
}

function keepPlace(before, chosen, focused) {
  const rows = document.querySelector(".rows");
  if (document.getElementById("list-title")?.textContent === before.heading) {
    if (rows) rows.scrollTop = before.top;
    for (const box of document.querySelectorAll(".row input")) box.checked = chosen.has(box.value);
  }
  const row = document.getElementById(focused ?? "");
  if (row?.classList.contains("row")) row.querySelector(".open").focus({ preventScroll: true });
}

/** Tell the reader, also one who can't see. */
export function say(text) {
  document.getElementById("announce").textContent = text;
}
