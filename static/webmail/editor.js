// Rich text: Squire in the place of the text field, with a bar of buttons. Loaded when somebody wants formatting.
import "./vendor/purify.js";
import Squire from "./vendor/squire.js";

const KEEP = { FORBID_TAGS: ["style", "form", "input", "button", "svg", "math", "iframe", "video", "audio"], FORBID_ATTR: ["id", "class", "name"],
  ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_DOM_FRAGMENT: true };
const BUTTONS = [
  ["B", "Bold", (editor) => toggle(editor, "B", "bold", "removeBold")],
  ["I", "Italic", (editor) => toggle(editor, "I", "italic", "removeItalic")],
  ["U", "Underline", (editor) => toggle(editor, "U", "underline", "removeUnderline")],
  ["•", "Bulleted list", (editor) => editor.hasFormat("UL") ? editor.removeList() : editor.makeUnorderedList()],
  ["1.", "Numbered list", (editor) => editor.hasFormat("OL") ? editor.removeList() : editor.makeOrderedList()],
  ["”", "Quote", (editor) => editor.hasFormat("BLOCKQUOTE") ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel()],
  ["Link", "Link", link],
  ["Plain", "Remove formatting", (editor) => editor.removeAllFormatting()],
];

function toggle(editor, tag, on, off) {
  if (editor.hasFormat(tag)) editor[off](); else editor[on]();
}

function link(editor) {
  if (editor.hasFormat("A")) { editor.removeLink(); return; }
  const address = prompt("Where does the link lead?", "https://");
  if (/^(https?:|mailto:)/i.test(address ?? "")) editor.makeLink(address);
}

/** Puts an editor over `area` and returns { html(), insertImage(address), destroy() }; the area keeps its name and place. */
export function openEditor(area, html, { changed, pasteImage }) {
  const frame = document.createElement("div");
  frame.className = "rich";
  const bar = document.createElement("div");
  bar.className = "format-bar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Formatting");
  const root = document.createElement("div");
  root.className = "sheet";
  Object.entries({ role: "textbox", "aria-multiline": "true", "aria-label": "Text" }).forEach(([name, value]) => root.setAttribute(name, value));
  frame.append(bar, root);
  area.hidden = true;
  area.after(frame);
  const editor = new Squire(root, { sanitizeToDOMFragment: (text) => document.importNode(DOMPurify.sanitize(text, KEEP), true) });
  editor.setHTML(html);
  editor.addEventListener("input", changed);
  editor.addEventListener("pasteImage", (event) => pasteImage([...event.detail.clipboardData.files]));
  for (const [sign, name, act] of BUTTONS) bar.append(makeButton(sign, name, () => { act(editor); editor.focus(); changed(); }));
  return {
    html: () => editor.getHTML(),
    focus: () => { editor.moveCursorToStart(); editor.focus(); },
    insertImage: (address) => { editor.insertImage(address, {}); changed(); },
    destroy: () => { editor.destroy(); frame.remove(); area.hidden = false; },
  };
}

function makeButton(sign, name, act) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: sign, title: name });
  button.setAttribute("aria-label", name);
  button.addEventListener("click", act);
  return button;
}

/** Plain text as HTML of one block a line. */
export function htmlOfText(text) {
  const holder = document.createElement("div");
  return text.split("\n").map((line) => {
    holder.textContent = line;
    return `<div>${holder.innerHTML || "<br>"}</div>`;
  }).join("");
}

/** HTML as plain text, as a reader sees it. */
export function textOfHtml(html) {
  const holder = new DOMParser().parseFromString(html, "text/html").body;
  for (const each of holder.querySelectorAll("br")) each.replaceWith("\n");
  for (const each of holder.querySelectorAll("div, p, li, blockquote, h1, h2, h3, tr")) each.append("\n");
  return holder.textContent.replace(/\n{3,}/g, "\n\n").trimEnd();
}
