// The message box: grows with its text, offers commands after a slash, recalls what was sent.

import { element, fromTemplate, isNarrow } from "./page.js";

const MOST_SUGGESTIONS = 8;

export class Composer {
  constructor(place, { id, label, suggestions, onSend }) {
    place.replaceChildren(fromTemplate("composer-template"));
    this.form = place.querySelector("form");
    this.field = place.querySelector("textarea");
    this.list = place.querySelector(".suggestions");
    this.suggestions = suggestions;
    this.onSend = onSend;
    this.offered = [];
    this.chosen = -1;
    this.sent = [];
    this.recalled = 0;
    this.field.id = `${id}-words`;
    this.list.id = `${id}-suggestions`;
    this.field.setAttribute("aria-controls", this.list.id);
    place.querySelector("label").htmlFor = this.field.id;
    this.rename(label);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    this.field.addEventListener("input", () => { this.#grow(); this.#offer(); });
    this.field.addEventListener("keydown", (event) => this.#onKey(event));
    this.field.addEventListener("blur", () => this.#withdraw());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("li");
      if (option) this.#take(Number(option.dataset.at));
    });
  }

  rename(label) {
    this.form.querySelector("label").textContent = label;
    this.field.placeholder = isNarrow.matches ? label : `${label} – type / for commands`;
  }

  write(words) {
    this.field.value = words;
    this.#grow();
    this.#offer();
    this.field.focus();
  }

  clear() {
    this.field.value = "";
    this.#grow();
    this.#withdraw();
  }

  get isEmpty() {
    return this.field.value === "";
  }

  #send() {
    const words = this.field.value.trim();
    if (!words) return;
    this.sent.push(words);
    this.recalled = this.sent.length;
    this.clear();
    this.onSend(words);
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  #onKey(event) {
    if (event.isComposing) return;
    const isOpen = !this.list.hidden;
    if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = this.chosen < 0 && step < 0 ? 0 : this.chosen;
      this.#choose((from + step + this.offered.length) % this.offered.length);
    } else if (isOpen && event.key === "Tab" && !event.shiftKey) this.#take(Math.max(this.chosen, 0));
    else if (isOpen && event.key === "Enter" && this.chosen >= 0) this.#take(this.chosen);
    else if (isOpen && event.key === "Escape") {
      event.stopPropagation();
      this.#withdraw();
    } else if (event.key === "Enter" && !event.shiftKey) this.#send();
    else if (event.key === "ArrowUp" && this.#canRecall()) this.#recall(-1);
    else if (event.key === "ArrowDown" && this.#canRecall()) this.#recall(1);
    else return;
    event.preventDefault();
  }

  #canRecall() {
    return this.sent.length > 0 && (this.isEmpty || this.field.value === this.sent[this.recalled]);
  }

  #recall(step) {
    this.recalled = Math.min(Math.max(this.recalled + step, 0), this.sent.length);
    this.field.value = this.sent[this.recalled] ?? "";
    this.#grow();
    this.#withdraw();
  }

  #offer() {
    const typed = this.field.value.toLowerCase();
    const fits = ({ command }) => command.toLowerCase().startsWith(typed) && command.toLowerCase() !== typed;
    this.offered = /^[/@]/u.test(typed) ? this.suggestions.filter(fits).slice(0, MOST_SUGGESTIONS) : [];
    if (this.offered.length === 0) {
      this.#withdraw();
      return;
    }
    this.list.replaceChildren(...this.offered.map((suggestion, at) => {
      const option = element("li", "suggestion");
      option.setAttribute("role", "option");
      option.id = `${this.list.id}-${at}`;
      option.dataset.at = at;
      option.append(element("span", "suggestion-command", suggestion.command),
        element("span", "suggestion-says", suggestion.says));
      return option;
    }));
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.#choose(-1);
  }

  #choose(at) {
    this.chosen = at;
    [...this.list.children].forEach((option, number) => {
      option.setAttribute("aria-selected", String(number === at));
    });
    if (at >= 0) {
      this.field.setAttribute("aria-activedescendant", `${this.list.id}-${at}`);
      this.list.children[at].scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  #take(at) {
    this.field.value = this.offered[at].command;
    this.#grow();
    this.#withdraw();
    this.field.focus();
  }

  #withdraw() {
    this.list.hidden = true;
    this.offered = [];
    this.field.setAttribute("aria-expanded", "false");
    this.#choose(-1);
  }
}
