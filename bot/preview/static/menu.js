// The menu of a message: what one can do with it, and its link.

import { copyText, element, isNarrow, showNote, showProblem } from "./page.js";

const linkOf = (message) =>
  `${location.origin}/#${new URLSearchParams({ in: message.conversation, message: message.number })}`;

async function copyLink(message) {
  if (await copyText(linkOf(message))) showNote("The link to this message is copied.");
  else showProblem(`This browser does not let a page copy. The link: ${linkOf(message)}`);
}

export class MessageMenu {
  // `onChoose(message, entry)` is called with an entry of the room's own.
  constructor(entries, onChoose) {
    this.entries = entries;
    this.onChoose = onChoose;
    this.opener = null;
    this.menu = element("div", "message-menu");
    this.menu.setAttribute("role", "menu");
    this.menu.popover = "auto";
    this.menu.addEventListener("keydown", (event) => this.#onKey(event));
    this.menu.addEventListener("toggle", (event) => {
      if (event.newState === "closed") this.#closed();
    });
    document.body.append(this.menu);
  }

  open(opener, message) {
    this.opener = opener;
    this.menu.replaceChildren(
      ...this.entries.map((entry) => this.#item(entry.label, () => this.onChoose(message, entry))),
      this.#item("Copy link", () => copyLink(message)),
    );
    opener.setAttribute("aria-expanded", "true");
    this.menu.showPopover();
    this.#stand(opener.getBoundingClientRect());
    this.menu.firstElementChild.focus();
  }

  // Below its button, or above it where there is no room; on a phone never beyond the edge.
  #stand(button) {
    const { offsetWidth: width, offsetHeight: height } = this.menu;
    const below = button.bottom + 4;
    const top = below + height > innerHeight - 8 ? button.top - height - 4 : below;
    const left = isNarrow.matches ? Math.min(button.left, innerWidth - width - 8) : button.right - width;
    this.menu.style.top = `${Math.max(8, top)}px`;
    this.menu.style.left = `${Math.max(8, left)}px`;
  }

  #item(label, onChoose) {
    const item = element("button", "menu-item", label);
    item.type = "button";
    item.setAttribute("role", "menuitem");
    item.tabIndex = -1;
    item.addEventListener("click", () => {
      this.menu.hidePopover();
      onChoose();
    });
    return item;
  }

  #closed() {
    this.opener?.setAttribute("aria-expanded", "false");
    if (this.menu.contains(document.activeElement) || document.activeElement === document.body) {
      this.opener?.focus();
    }
  }

  #onKey(event) {
    const items = [...this.menu.children];
    const at = items.indexOf(document.activeElement);
    const moves = {
      ArrowDown: items[(at + 1) % items.length],
      ArrowUp: items[(at - 1 + items.length) % items.length],
      Home: items[0],
      End: items.at(-1),
    };
    if (event.key in moves) moves[event.key].focus();
    else if (event.key === "Tab") this.menu.hidePopover();
    else return;
    event.stopPropagation();
    event.preventDefault();
  }
}
