// A field for recipients: each a token that can be walked over and removed, with suggestions from one's mail.

const DELAY = 120; // milliseconds after a key until suggestions are asked for

/** Turns `input` into tokens and a field; `input` stays, hidden, and holds the whole list. */
export function upgrade(input, address, changed) {
  const field = new Recipients(input, address, changed);
  return field;
}

let serial = 0;

class Recipients {
  #input; #address; #changed; #box; #entry; #list; #timer; #asked = 0;

  constructor(input, address, changed) {
    this.#input = input;
    this.#address = address;
    this.#changed = changed;
    this.#build();
    for (const piece of split(input.value)) this.#add(piece);
    this.#store(false);
  }

  #build() {
    const id = `people-${++serial}`;
    this.#box = document.createElement("div");
    this.#box.className = "tokens";
    this.#entry = document.createElement("input");
    Object.assign(this.#entry, { autocomplete: "off", spellcheck: false, type: "text", inputMode: "email" });
    this.#entry.setAttribute("autocapitalize", "off");
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id }))
      this.#entry.setAttribute(name, value);
    this.#entry.setAttribute("aria-label", this.#input.closest("label").querySelector("span").textContent);
    this.#list = document.createElement("ul");
    Object.assign(this.#list, { id, className: "suggestions", hidden: true });
    this.#list.setAttribute("role", "listbox");
    this.#box.append(this.#entry, this.#list);
    this.#input.type = "hidden";
    this.#input.after(this.#box);
    this.#entry.addEventListener("input", () => this.#typed());
    this.#entry.addEventListener("keydown", (event) => this.#key(event));
    this.#entry.addEventListener("blur", () => setTimeout(() => { this.#take(); this.#close(); }, 150));
    this.#entry.addEventListener("paste", (event) => this.#paste(event));
    this.#box.addEventListener("click", (event) => { if (event.target === this.#box) this.#entry.focus(); });
    if (this.#input.hasAttribute("autofocus")) this.#entry.focus();
  }

  get tokens() { return [...this.#box.querySelectorAll(".token")]; }

  #add(text) {
    const token = document.createElement("span");
    token.className = "token";
    token.tabIndex = -1;
    token.dataset.address = text;
    token.title = text;
    token.classList.toggle("wrong", !/[^\s@]@[^\s@]+/.test(text));
    token.append(text.replace(/\s*<[^<>]*>\s*$/, "").replaceAll('"', "") || text);
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", textContent: "×", tabIndex: -1 });
    remove.setAttribute("aria-label", `Remove ${text}`);
    remove.addEventListener("click", () => { token.remove(); this.#store(); this.#entry.focus(); });
    token.append(remove);
    token.addEventListener("keydown", (event) => this.#walk(event, token));
    this.#entry.before(token);
  }

  #store(tell = true) {
    this.#input.value = [...this.tokens.map((token) => token.dataset.address), this.#entry.value.trim()].filter(Boolean).join(", ");
    if (tell) this.#changed();
  }

  #take() {
    for (const piece of split(this.#entry.value)) this.#add(piece);
    if (this.#entry.value) { this.#entry.value = ""; this.#store(); }
  }

  #typed() {
    if (/[,;]\s*$/.test(this.#entry.value) && !/"[^"]*$/.test(this.#entry.value)) this.#take();
    this.#store();
    clearTimeout(this.#timer);
    const words = this.#entry.value.trim();
    if (!words) { this.#close(); return; }
    this.#timer = setTimeout(() => this.#ask(words), DELAY);
  }

  async #ask(words) {
    const turn = ++this.#asked;
    try {
      const answer = await fetch(`${this.#address}?q=${encodeURIComponent(words)}`);
      const { people } = await answer.json();
      if (turn === this.#asked && this.#entry.value.trim() === words) this.#show(people);
    } catch { this.#close(); }
  }

  #show(people) {
    this.#list.replaceChildren(...people.map((person, at) => {
      const option = document.createElement("li");
      option.id = `${this.#list.id}-${at}`;
      option.setAttribute("role", "option");
      option.textContent = person;
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); this.#choose(option); });
      return option;
    }));
    this.#list.hidden = !people.length;
    this.#entry.setAttribute("aria-expanded", String(Boolean(people.length)));
    this.#mark(this.#list.firstElementChild);
  }

  #mark(option) {
    for (const each of this.#list.children) each.setAttribute("aria-selected", String(each === option));
    if (option) this.#entry.setAttribute("aria-activedescendant", option.id);
    else this.#entry.removeAttribute("aria-activedescendant");
  }

  get #marked() { return this.#list.hidden ? null : this.#list.querySelector('[aria-selected="true"]'); }

  #choose(option) {
    this.#entry.value = "";
    this.#add(option.textContent);
    this.#store();
    this.#close();
    this.#entry.focus();
  }

  #close() {
    this.#asked++;
    this.#list.hidden = true;
    this.#entry.setAttribute("aria-expanded", "false");
    this.#mark(null);
  }

  #key(event) {
    if (event.isComposing) return;
    const marked = this.#marked;
    if (event.key === "ArrowDown" && marked) { event.preventDefault(); this.#mark(marked.nextElementSibling ?? this.#list.firstElementChild); }
    else if (event.key === "ArrowUp" && marked) { event.preventDefault(); this.#mark(marked.previousElementSibling ?? this.#list.lastElementChild); }
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || (event.key === "Tab" && marked)) {
      if (marked || event.key === "Enter") event.preventDefault();
      if (marked) this.#choose(marked); else this.#take();
    } else if (event.key === "Escape" && marked) { event.stopPropagation(); this.#close(); }
    else if ((event.key === "Backspace" || event.key === "ArrowLeft") && !this.#entry.value) this.tokens.at(-1)?.focus();
  }

  #walk(event, token) {
    const all = this.tokens, at = all.indexOf(token);
    if (event.key === "ArrowLeft") all[Math.max(0, at - 1)].focus();
    else if (event.key === "ArrowRight") (all[at + 1] ?? this.#entry).focus();
    else if (event.key === "Backspace" || event.key === "Delete") { token.remove(); this.#store(); (all[at + 1] ?? this.#entry).focus(); }
    else if (event.key === "Enter") { token.remove(); this.#entry.value = token.dataset.address; this.#store(); this.#entry.focus(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #paste(event) {
    const text = event.clipboardData.getData("text/plain");
    if (!/[,;\n]/.test(text)) return;
    event.preventDefault();
    for (const piece of split(text)) this.#add(piece);
    this.#store();
  }
}

/** At commas, semicolons and line ends that are in no quotes. */
export function split(text) {
  return (text.match(/(?:"[^"\n]*"|<[^>\n]*>|[^,;\n"<]|["<])+/g) ?? []).map((piece) => piece.trim()).filter(Boolean);
}
