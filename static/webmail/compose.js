// Writing: what the form of a letter can do beyond a form.
import { Letterbox, restore } from "./letterbox.js";
import { upgrade } from "./recipients.js";

const RICH = "posthorn.rich";
const SPEAKS_OF_FILE = /\b(attach(ed|ment|ing)?|enclosed|anhang|angehängt|anbei|beigefügt|pi[eè]ces? jointes?|ci-joint|adjunt[oa]s?|anex[oa]s?|allegat[oi]|in allegato)\b|添付|مرفق/i;
let current = null;

/** Take over the form that has been put into the page, and let go of the one before. */
export function begin(form) {
  if (current?.form === form) return;
  current?.leave(form);
  current = form ? new Compose(form) : null;
}

/** Before the page changes: what is written is saved. */
export const flush = () => current?.box.flush();

class Compose {
  editor = null;

  constructor(form) {
    this.form = form;
    this.box = new Letterbox(form, () => this.#gather());
    const kept = new URLSearchParams(location.search).get("restore");
    if (kept) this.#restoreFiles(restore(form, kept));
    if (kept) queueMicrotask(() => this.box.changed());
    for (const name of ["to", "cc", "bcc"]) upgrade(form.elements[name], form.dataset.people, () => this.box.changed());
    form.addEventListener("input", (event) => { if (!event.target.closest(".tokens")) this.box.changed(); });
    form.addEventListener("click", (event) => this.#click(event));
    form.elements.upload.addEventListener("change", () => { this.attach([...form.elements.upload.files]); form.elements.upload.value = ""; });
    for (const kind of ["dragover", "drop"]) form.addEventListener(kind, (event) => this.#drop(event, kind));
    form.addEventListener("paste", (event) => this.#paste(event));
    form.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.send(); } });
    const format = form.querySelector(".format");
    format.hidden = false;
    if (form.elements.is_html.value || (localStorage.getItem(RICH) === "1")) this.#toRich();
    this.#focus();
  }

  #focus() {
    const { to, body } = this.form.elements;
    if (!to.value) this.form.querySelector(".tokens input")?.focus();
    else if (!this.editor) { body.focus(); body.setSelectionRange(0, 0); }
  }

  #gather() {
    if (this.editor) this.form.elements.body.value = this.editor.html();
    this.form.elements.is_html.value = this.editor ? "1" : "";
  }

  // Formatting

  async #toRich() {
    const { openEditor, htmlOfText } = await import("./editor.js");
    if (this.editor || !this.form.isConnected) return;
    const body = this.form.elements.body;
    const html = this.form.elements.is_html.value ? body.value : htmlOfText(body.value);
    this.editor = openEditor(body, html, { changed: () => this.box.changed(), pasteImage: (files) => this.attach(files, { inline: true }) });
    this.form.querySelector(".format").setAttribute("aria-pressed", "true");
    if (this.form.elements.to.value) this.editor.focus();
  }

  async #toPlain() {
    const { textOfHtml } = await import("./editor.js");
    this.form.elements.body.value = textOfHtml(this.editor.html());
    this.editor.destroy();
    this.editor = null;
    this.form.querySelector(".format").setAttribute("aria-pressed", "false");
    this.box.changed();
  }

  // Files

  #drop(event, kind) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (kind === "drop") this.attach([...event.dataTransfer.files]);
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || event.defaultPrevented) return;
    event.preventDefault();
    this.attach(files, { inline: Boolean(this.editor) && files.every((file) => file.type.startsWith("image/")) });
  }

  attach(files, options = {}) {
    for (const file of files) this.#upload(file, options);
  }

  #upload(file, { inline = false }) {
    const row = this.#row(file.name, "0 %");
    const request = new XMLHttpRequest();
    row.querySelector("button").addEventListener("click", () => { request.abort(); row.remove(); });
    request.upload.addEventListener("progress", ({ loaded, total }) => { row.querySelector(".size").textContent = `${Math.floor((100 * loaded) / total)} %`; });
    request.addEventListener("load", () => this.#uploaded(row, request, inline));
    request.addEventListener("error", () => this.#uploadFailed(row, "The connection broke. Try again."));
    request.open("POST", this.form.dataset.upload);
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    body.set("upload", file);
    if (inline) body.set("inline", "1");
    request.send(body);
  }

  #uploaded(row, request, inline) {
    let told = {};
    try { told = JSON.parse(request.responseText); } catch { /* not ours: a proxy's, or the log-in page */ }
    if (!told.packed) { this.#uploadFailed(row, told.error ?? (request.status === 413 ? "That file is too large." : "It could not be attached.")); return; }
    row.prepend(hidden("file", told.packed));
    row.querySelector(".size").textContent = size(told.size);
    if (inline && this.editor) { row.hidden = true; this.editor.insertImage(told.address); }
    this.box.changed();
  }

  #uploadFailed(row, why) {
    row.classList.add("failed");
    row.querySelector(".size").textContent = why;
  }

  #row(name, state) {
    const row = document.createElement("li");
    const label = document.createElement("span");
    label.className = "file";
    const title = document.createElement("bdi"), note = document.createElement("span");
    title.textContent = name || "Attachment";
    note.className = "size";
    note.textContent = state;
    label.append(title, note);
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", className: "quiet remove", textContent: "×" });
    remove.setAttribute("aria-label", `Remove ${name}`);
    row.append(label, remove);
    this.form.querySelector(".files").append(row);
    return row;
  }

  #restoreFiles(copy) {
    for (const packed of copy?.files ?? []) {
      const parts = packed.split("\n");
      this.#row(parts.slice(4).join(" "), size(Number(parts[2]))).prepend(hidden("file", packed));
    }
  }

  // Buttons

  #click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("remove")) { button.closest("li").remove(); this.box.changed(); }
    if (button.classList.contains("format")) {
      localStorage.setItem(RICH, this.editor ? "" : "1");
      if (this.editor) this.#toPlain(); else this.#toRich();
    }
    if (button.dataset.at) {
      this.form.elements.at.value = button.dataset.at;
      this.form.querySelector('[value="later"]').click();
    }
  }

  send() {
    this.form.querySelector('[value="send"]').click();
  }

  /** Whether the form may be sent: asks once about what looks forgotten. */
  ready(action) {
    this.#gather();
    const rows = [...this.form.querySelectorAll(".files li:not([hidden], .failed)")];
    if (rows.some((row) => !row.querySelector("[name=file]"))) return this.#doubt("A file is still on its way.", action);
    if (!this.form.querySelector(".files [name=file]") && SPEAKS_OF_FILE.test(this.#ownText())) {
      return this.#doubt("You write of an attachment, but there is none.", action);
    }
    if (!this.form.elements.subject.value.trim()) return this.#doubt("There is no subject.", action);
    return true;
  }

  #ownText() {
    return `${this.form.elements.subject.value}\n${this.form.elements.body.value.replace(/^-- $[\s\S]*/m, "")}`;
  }

  #doubt(text, action) {
    const asked = this.form.querySelector(".doubt");
    if (asked?.dataset.text === text) return true;
    asked?.remove();
    const line = document.createElement("p");
    line.className = "notice doubt";
    line.dataset.text = text;
    line.setAttribute("role", "alert");
    const again = document.createElement("button");
    Object.assign(again, { className: "button", name: "action", value: action, textContent: "Send all the same" });
    line.append(`${text} `, again);
    this.form.querySelector(".acts").before(line);
    again.focus();
    return false;
  }

  /** The page goes on, with the same letter in `next`, or without it. A letter that was sent is kept no longer, unless
   *  it came back with something to put right. */
  leave(next) {
    const isBack = next?.elements.message_id.value === this.form.elements.message_id.value;
    if (this.box.isHeld && !isBack) this.box.close();
    else if (!isBack) this.box.flush();
    this.box.stop();
    this.editor?.destroy();
  }
}

/** A button of the letter's form was pressed: false where the letter must wait. */
export async function mayGo(form, button) {
  if (current?.form !== form) return true;
  const action = button?.value ?? "save";
  if (["send", "later"].includes(action) && !current.ready(action)) return false;
  await current.box.hold();
  return true;
}

/** It did not get through: the letter is written on. */
export const goOn = () => current?.box.goOn();

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

function size(octets) {
  return octets < 1000 ? `${octets} bytes` : octets < 1e6 ? `${(octets / 1e3).toFixed(0)} KB` : `${(octets / 1e6).toFixed(1)} MB`;
}
