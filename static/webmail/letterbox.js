// Keeping a letter while it is written: on the server, and in this browser until the server has said that it has it.

const PREFIX = "posthorn.letter.";
const PAUSE = 2_000; // milliseconds without typing until it is saved
const RETRY = 8_000;
const KEPT = ["place", "message_id", "draft", "identity", "to", "cc", "bcc", "subject", "body", "is_html", "quoted",
  "answers", "forwards", "in_reply_to", "references"];

/** What this browser keeps of letters that never reached the server: [{ key, at, subject }]. */
export function leftovers() {
  const found = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const copy = read(key);
    if (copy) found.push({ key: key.slice(PREFIX.length), at: copy.at, subject: copy.fields.subject });
  }
  return found;
}

function read(key) {
  try {
    const copy = JSON.parse(localStorage.getItem(key));
    return copy?.fields && copy.files ? copy : null;
  } catch {
    return null;
  }
}

/** Saves a form a while after each change, one save at a time. */
export class Letterbox {
  #form; #status; #beforeSave; #timer = 0; #saving = null; #dirty = false; #closed = false;

  constructor(form, beforeSave) {
    this.#form = form;
    this.#status = form.querySelector(".saved");
    this.#beforeSave = beforeSave;
    this.onLeave = () => { if (document.visibilityState === "hidden") this.flush({ keepalive: true }); };
    document.addEventListener("visibilitychange", this.onLeave);
  }

  get key() { return PREFIX + this.#form.elements.message_id.value; }

  changed() {
    if (this.#closed) return;
    this.#dirty = true;
    this.#keepCopy();
    this.#wait(PAUSE);
  }

  #wait(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), milliseconds);
  }

  #keepCopy() {
    this.#beforeSave();
    const data = new FormData(this.#form);
    const fields = Object.fromEntries(KEPT.map((name) => [name, data.get(name) ?? ""]));
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), fields, files: data.getAll("file") }));
    } catch { /* no room: the server's copy has to do */ }
  }

  /** Save now what has changed; resolves when it is kept or has failed. */
  async flush({ keepalive = false } = {}) {
    clearTimeout(this.#timer);
    if (this.#saving) await this.#saving;
    if (!this.#dirty || this.#closed) return;
    this.#dirty = false;
    this.#saving = this.#save(keepalive);
    await this.#saving;
    this.#saving = null;
  }

  async #save(keepalive) {
    this.#beforeSave();
    const body = new URLSearchParams(new FormData(this.#form));
    body.delete("upload");
    body.set("action", "save");
    body.set("quiet", "1");
    const copy = localStorage.getItem(this.key);
    try {
      const answer = await fetch(this.#form.getAttribute("action"), { method: "POST", body, keepalive: keepalive && body.toString().length < 60_000 });
      if (answer.redirected || !(answer.headers.get("Content-Type") ?? "").includes("json")) throw new Error("login");
      const told = await answer.json();
      if (told.error) return this.#say(`Not saved: ${told.error}`);
      this.#form.elements.draft.value = told.draft;
      if (localStorage.getItem(this.key) === copy) localStorage.removeItem(this.key);
      this.#say(`Saved ${told.saved}`);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    if (this.#closed) return;
    this.#dirty = true;
    this.#say(error.message === "login"
      ? "Not saved: you are logged out. The letter is kept in this browser; log in again in another tab."
      : "Not saved: no connection. The letter is kept in this browser.");
    this.#wait(RETRY);
  }

  #say(text) {
    if (this.#status) this.#status.textContent = text;
  }

  get isHeld() { return this.#closed; }

  /** While the letter is being sent no save may come between. */
  async hold() {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#saving;
  }

  goOn() {
    this.#closed = false;
    this.changed();
  }

  /** It is sent or thrown away: no copy is needed any more, and no save may come after. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    localStorage.removeItem(this.key);
    this.stop();
  }

  /** The page goes on without the letter. */
  stop() {
    document.removeEventListener("visibilitychange", this.onLeave);
  }
}

/** Fill a form with what this browser kept. */
export function restore(form, key) {
  const copy = read(PREFIX + key);
  if (!copy) return false;
  for (const [name, value] of Object.entries(copy.fields)) {
    const field = form.elements[name];
    if (field && name !== "place") field.value = value;
  }
  return copy;
}
