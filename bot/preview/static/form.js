// A form in front of the asker: what was typed stays until it is accepted.

import { newEvent, submit } from "./api.js";
import { byId, setRendered, showNote, showProblem } from "./page.js";

export class FormSheet {
  // `onClose(message)` is told from which message the form was opened.
  constructor(onClose) {
    this.sheet = byId("form");
    this.body = byId("form-body");
    this.place = null;
    this.message = null;
    this.unanswered = { filled: "", event: "" };
    this.sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(event.target);
    });
    this.sheet.addEventListener("click", (event) => {
      if (event.target.closest(".m-cancel")) this.sheet.close();
    });
    this.sheet.addEventListener("close", () => onClose(this.message));
  }

  open(html, place, message) {
    this.place = place;
    this.message = message;
    setRendered(this.body, html);
    this.sheet.setAttribute("aria-label", this.body.querySelector(".m-title").textContent);
    if (!this.sheet.open) this.sheet.showModal();
    this.body.scrollTop = 0;
    const fields = [...this.body.querySelectorAll("input, select, textarea")];
    const refused = fields.find((field) => field.closest(".m-input")?.querySelector(".m-problem"));
    const first = refused ?? fields[0] ?? this.body.querySelector("[type=submit]");
    first.focus();
    if (first.matches("textarea, [type=text]")) first.setSelectionRange(first.value.length, first.value.length);
  }

  async #submit(form) {
    const button = form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      const answer = await submit(this.place, this.#filled(form));
      this.unanswered = { filled: "", event: "" };
      if (answer.form) this.open(answer.form, this.place, this.message);
      else this.sheet.close();
      if (answer.note) showNote(answer.note);
    } catch (problem) {
      showProblem(problem.message);
    } finally {
      button.disabled = false;
    }
  }

  // The same answers sent again because no answer came are the same event.
  #filled(form) {
    const filled = {
      command: form.dataset.command,
      argument: form.dataset.argument,
      answers: Object.fromEntries(new FormData(form)),
      message: this.message,
    };
    const words = JSON.stringify(filled);
    if (words !== this.unanswered.filled) this.unanswered = { filled: words, event: newEvent() };
    return { ...filled, event: this.unanswered.event };
  }
}
