// The choice of who one is: a searchable list, under the headings of the roles.

import { byId, element, wearAvatar } from "./page.js";

export class PeopleSheet {
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.sheet = byId("people");
    this.find = byId("people-find");
    this.list = byId("people-list");
    this.find.addEventListener("input", () => this.#filter());
    this.sheet.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      this.sheet.close();
      this.onChoose(button.dataset.person);
    });
  }

  open(guests, me) {
    const roles = new Map();
    for (const guest of guests) roles.set(guest.role, [...(roles.get(guest.role) ?? []), guest]);
    this.list.replaceChildren(...[...roles].map(([role, members]) => this.#section(role, members, me)));
    this.find.value = "";
    this.#filter();
    this.sheet.showModal();
    this.find.focus();
  }

  #section(role, members, me) {
    const section = element("section", "people-role");
    section.append(element("h3", "", role), ...members.map((guest) => this.#button(guest, me)));
    return section;
  }

  #button(guest, me) {
    const button = element("button", "person");
    button.type = "button";
    button.dataset.person = guest.id;
    button.dataset.words = `${guest.name} ${guest.role} ${guest.says}`.toLowerCase();
    const avatar = element("span");
    wearAvatar(avatar, guest);
    avatar.setAttribute("aria-hidden", "true");
    const words = element("span", "person-words");
    words.append(element("strong", "", guest.name), element("span", "", guest.says));
    button.append(avatar, words);
    if (guest.id === me.id) {
      button.setAttribute("aria-current", "true");
      button.append(element("span", "person-you", "You"));
    }
    return button;
  }

  #filter() {
    const wanted = this.find.value.trim().toLowerCase().split(/\s+/u);
    for (const section of this.list.children) {
      const buttons = [...section.querySelectorAll("button")];
      for (const button of buttons) button.hidden = !wanted.every((word) => button.dataset.words.includes(word));
      section.hidden = buttons.every((button) => button.hidden);
    }
    byId("people-none").hidden = [...this.list.children].some((section) => !section.hidden);
  }

  #onKey(event) {
    const shown = [...this.list.querySelectorAll("button")].filter((button) => button.checkVisibility());
    const at = shown.indexOf(document.activeElement);
    if (event.key === "ArrowDown") shown[Math.min(at + 1, shown.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (shown[at - 1] ?? this.find).focus();
    else if (event.key === "Enter" && document.activeElement === this.find) shown[0]?.click();
    else return;
    event.preventDefault();
  }
}
