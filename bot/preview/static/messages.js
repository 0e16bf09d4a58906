// A list of messages: one element each, day separators between, and a way through by keyboard.

import { fileAddress } from "./api.js";
import {
  dayKey, dayWords, element, exactWords, fromTemplate, setRendered, showProblem, sizeWords, timeWords,
  wearAvatar,
} from "./page.js";
import { faceName, showSource } from "./source.js";

const FACES = ["card", "blockkit", "adaptive"];
const CONTROLS = "button, a[href], summary, input, select, textarea, [tabindex='0'], [data-roving]";
const SOON_MS = 5 * 60 * 1000;

export class MessageList {
  // `context` answers who is who and what a click does: person(), nameOf(id), guestOf(id),
  // replies(number), isNew(message), onClick(message, button), onPick(message, pick), onMenu(message, button),
  // onThread(message) or null where there are no threads.
  constructor(list, context) {
    this.list = list;
    this.context = context;
    this.items = new Map();
    this.current = null;
    list.addEventListener("keydown", (event) => this.#onKey(event));
    list.addEventListener("focusin", (event) => this.#makeCurrent(event.target.closest(".message")));
    list.addEventListener("click", (event) => this.#onPress(event));
  }

  show(messages) {
    this.list.replaceChildren();
    this.items.clear();
    this.current = null;
    this.#add(messages);
    this.#arrange();
    this.#makeCurrent([...this.items.values()].at(-1)?.item);
  }

  // More messages in front of those that are shown.
  putBefore(messages) {
    const shown = [...this.items];
    this.items.clear();
    this.#add(messages);
    for (const [number, kept] of shown) this.items.set(number, kept);
    this.list.append(...shown.map(([, { item }]) => item));
    this.#arrange();
    if (!this.current) this.#makeCurrent([...this.items.values()].at(-1)?.item);
  }

  #add(messages) {
    for (const message of messages) {
      const item = this.#build(message);
      this.items.set(message.number, { message, item });
      this.list.append(item);
      this.#rove(item, false);
    }
  }

  // Adds a message at its place, or renews the one of that number.
  put(message) {
    const made = this.#build(message);
    const old = this.items.get(message.number);
    this.items.set(message.number, { message, item: made });
    if (old) {
      this.#keepFolds(old.item, made);
      this.#keepPicks(old.item, made);
      made.classList.add("message-changed");
      const wasCurrent = this.current === old.item;
      const hadFocus = old.item.contains(document.activeElement);
      old.item.replaceWith(made);
      if (wasCurrent) this.#makeCurrent(made);
      if (hadFocus) made.focus();
    } else {
      const later = Math.min(...[...this.items.keys()].filter((number) => number > message.number));
      this.list.insertBefore(made, this.items.get(later)?.item ?? null);
    }
    this.#arrange();
    if (!this.current) this.#makeCurrent(made);
    else this.#rove(made, made === this.current);
  }

  renewReplies(number) {
    const kept = this.items.get(number);
    if (kept) this.#fillThread(kept.item, kept.message);
  }

  item(number) {
    return this.items.get(number)?.item;
  }

  focusLast() {
    this.list.querySelector(".message:last-of-type")?.focus();
  }

  // Day separators, and messages of one author that follow each other closely under one name.
  #arrange() {
    for (const separator of this.list.querySelectorAll(".day, .new-mark")) separator.remove();
    let last = null;
    let isMarked = this.items.size > 0 && this.context.isNew([...this.items.values()][0].message);
    for (const item of [...this.list.children]) {
      const { message } = this.items.get(Number(item.dataset.number));
      const moment = new Date(message.posted_at);
      const sameDay = last && dayKey(last.moment) === dayKey(moment);
      if (!sameDay) item.before(element("li", "day", dayWords(moment)));
      const isFirstNew = !isMarked && this.context.isNew(message);
      if (isFirstNew) item.before(element("li", "new-mark", "New"));
      isMarked ||= isFirstNew;
      const follows = sameDay && !isFirstNew && last.message.author === message.author
        && last.message.is_private === message.is_private && moment - last.moment < SOON_MS;
      item.classList.toggle("message-follows", Boolean(follows));
      last = { message, moment };
    }
  }

  #build(message) {
    const item = fromTemplate("message-template").firstElementChild;
    const part = (name) => item.querySelector(name);
    const moment = new Date(message.posted_at);
    item.dataset.number = message.number;
    item.id = `${this.list.id}-${message.number}`;
    item.classList.toggle("message-private", message.is_private);
    item.classList.toggle("message-typed", message.words !== null);
    wearAvatar(part(".avatar"), this.context.guestOf(message.author));
    part(".author").textContent = this.context.nameOf(message.author);
    part(".badge").hidden = message.author !== null;
    const time = part(".message-head time");
    time.dateTime = message.posted_at;
    time.textContent = timeWords(moment);
    time.title = exactWords(moment);
    part(".edited").hidden = !message.is_edited;
    part(".private-note").hidden = !message.is_private;
    this.#fillBody(part(".message-body"), message);
    part(".faces").hidden = message.html === null;
    this.#fillFile(part(".file"), message);
    this.#fillThread(item, message);
    part(".menu-open").setAttribute("aria-label", `More about the message of ${this.context.nameOf(message.author)}`);
    const said = `${this.context.nameOf(message.author)}, ${timeWords(moment)}: ${message.summary}`;
    item.setAttribute("aria-label", message.is_private ? `Only visible to you. ${said}` : said);
    return item;
  }

  #fillBody(body, message) {
    if (message.html !== null) {
      setRendered(body, message.html);
      return;
    }
    const words = element("p", message.words.startsWith("/") ? "words words-command" : "words", message.words);
    words.dir = "auto";
    body.append(words);
  }

  #fillFile(link, message) {
    link.hidden = !message.file;
    if (!message.file) return;
    link.href = fileAddress(this.context.person(), message.number);
    link.download = message.file.name;
    link.querySelector(".file-name").textContent = message.file.name;
    link.querySelector(".file-size").textContent = sizeWords(message.file.bytes);
  }

  #fillThread(item, message) {
    const button = item.querySelector(".thread-open");
    const replies = this.context.onThread ? this.context.replies(message.number) : [];
    button.hidden = !this.context.onThread;
    button.classList.toggle("has-replies", replies.length > 0);
    const fresh = replies.filter((reply) => this.context.isNew(reply)).length;
    button.classList.toggle("has-new", fresh > 0);
    const last = replies.at(-1);
    button.querySelector(".thread-words").textContent = last
      ? `${replies.length} ${replies.length === 1 ? "reply" : "replies"}, ${fresh ? `${fresh} new` : `last ${timeWords(new Date(last.posted_at))}`}`
      : "Reply in thread";
  }

  #keepFolds(old, made) {
    const were = old.querySelectorAll("details");
    made.querySelectorAll("details").forEach((fold, number) => { fold.open = were[number]?.open ?? false; });
  }

  // What was picked and not yet sent stays when the message changes around it.
  #keepPicks(old, made) {
    for (const pick of made.querySelectorAll(".m-pick")) {
      const { command, argument } = pick.dataset;
      const was = [...old.querySelectorAll(".m-pick")]
        .find((one) => one.dataset.command === command && one.dataset.argument === argument);
      const field = was?.querySelector("input");
      if (field && field.value !== field.defaultValue) pick.querySelector("input").value = field.value;
    }
  }

  // --- Faces ---------------------------------------------------------------------------------

  async turn(item, face) {
    const number = Number(item.dataset.number);
    const source = item.querySelector(".source");
    try {
      if (face !== "card") await showSource(source, this.context.person(), number, face);
    } catch (problem) {
      showProblem(problem.message);
      return;
    }
    for (const button of item.querySelectorAll("[data-face]")) {
      button.setAttribute("aria-pressed", String(button.dataset.face === face));
    }
    item.dataset.face = face;
    source.hidden = face === "card";
    item.querySelector(".message-body").hidden = face !== "card";
    this.#rove(item, item === this.current);
  }

  // Back to the message itself; false where no JSON was shown.
  closeSource() {
    const item = this.current;
    if (!item || (item.dataset.face ?? "card") === "card") return false;
    this.turn(item, "card");
    item.focus();
    return true;
  }

  #onPress(event) {
    const item = event.target.closest(".message");
    const button = event.target.closest("button");
    if (!item || !button) return;
    const { message } = this.items.get(Number(item.dataset.number));
    if (button.dataset.face) this.turn(item, button.dataset.face);
    else if (button.classList.contains("thread-open")) this.context.onThread(message);
    else if (button.classList.contains("menu-open")) this.context.onMenu(message, button);
    else if (button.classList.contains("m-pick-set")) this.context.onPick(message, button.closest(".m-pick"));
    else if (button.dataset.command) this.context.onClick(message, button);
  }

  // --- Keyboard ------------------------------------------------------------------------------

  // Only the current message and its controls are stops of the Tab key; arrows move between messages.
  #makeCurrent(item) {
    if (!item || item === this.current) return;
    if (this.current) this.#rove(this.current, false);
    this.current = item;
    this.#rove(item, true);
  }

  #rove(item, isCurrent) {
    item.tabIndex = isCurrent ? 0 : -1;
    for (const control of item.querySelectorAll(CONTROLS)) {
      control.dataset.roving = "";
      control.tabIndex = isCurrent ? 0 : -1;
    }
  }

  #onKey(event) {
    const item = event.target.closest(".message");
    const pick = event.target.closest(".m-pick");
    if (pick && event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      pick.querySelector(".m-pick-set").click();
    }
    if (event.target !== item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = [...this.list.querySelectorAll(".message")];
    const at = items.indexOf(item);
    const moves = {
      ArrowUp: items[at - 1], ArrowDown: items[at + 1], Home: items[0], End: items.at(-1),
    };
    if (event.key in moves) moves[event.key]?.focus();
    else if (event.key === "Enter") this.#firstControl(item)?.focus();
    else if (event.key.toLowerCase() === "t" && this.context.onThread) this.#onThreadKey(item);
    else if (event.key.toLowerCase() === "m") item.querySelector(".menu-open").click();
    else if (event.key.toLowerCase() === "j") this.#nextFace(item);
    else return;
    event.preventDefault();
  }

  #firstControl(item) {
    return [...item.querySelectorAll(CONTROLS)].find((control) => control.checkVisibility());
  }

  #onThreadKey(item) {
    this.context.onThread(this.items.get(Number(item.dataset.number)).message);
  }

  #nextFace(item) {
    if (item.querySelector(".faces").hidden) return;
    const face = FACES[(FACES.indexOf(item.dataset.face ?? "card") + 1) % FACES.length];
    this.turn(item, face).then(() => {
      this.context.onFace(face === "card" ? "The message itself" : `${faceName(face)} JSON`);
    });
  }
}
