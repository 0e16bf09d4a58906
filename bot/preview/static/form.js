// A form in front of the asker: what was typed stays until it is accepted.

import { submit } from "./api.js";
import { byId, setRendered, showProblem } from "./page.js";

export class FormSheet {
  constructor() {
    this.sheet = byId("form");
    this.body = byId("form-body");
    this.place = null;
    this.sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(event.target);
    });
  }

  open(html, place) {
    this.place = place;
    setRendered(this.body, html);
    if (!this.sheet.open) this.sheet.showModal();
    const fields = [...this.body.querySelectorAll("input, select, textarea")];
    const refused = fields.find((field) => field.closest(".m-input")?.querySelector(".m-problem"));
    const first = refused ?? fields[0];
    first?.focus();
    if (first?.matches("textarea, [type=text]")) first.setSelectionRange(first.value.length, first.value.length);
  }

  async #submit(form) {
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const answers = Object.fromEntries(new FormData(form));
      const answer = await submit(this.place, form.dataset.command, form.dataset.argument, answers);
      if (answer.form) this.open(answer.form, this.place);
      else this.sheet.close();
    } catch (problem) {
      showProblem(problem.message);
    } finally {
      button.disabled = false;
    }
  }
}
