// The list of conversations, who one is, and the drawer that both become on a narrow screen.

import { byId, element, isNarrow, wearAvatar } from "./page.js";

const THEMES = ["system", "light", "dark"];

const chosenTheme = () =>
  THEMES.find((theme) => document.documentElement.classList.contains(`m-${theme}`)) ?? "system";

export class Sidebar {
  constructor(onOpen) {
    this.onOpen = onOpen;
    this.bar = byId("sidebar");
    this.menu = byId("menu");
    this.menu.addEventListener("click", () => this.toggle(true));
    byId("backdrop").addEventListener("click", () => this.toggle(false));
    isNarrow.addEventListener("change", () => this.toggle(false));
    this.toggle(false);
    this.#wearTheme(chosenTheme());
    byId("theme").addEventListener("click", () => this.#nextTheme());
  }

  get isOpen() {
    return document.body.classList.contains("drawer-open");
  }

  toggle(open) {
    const wasOpen = this.isOpen;
    document.body.classList.toggle("drawer-open", open && isNarrow.matches);
    this.bar.inert = isNarrow.matches && !open;
    byId("talk").inert = this.isOpen;
    this.menu.setAttribute("aria-expanded", String(this.isOpen));
    if (this.isOpen) byId("you").focus();
    else if (wasOpen && isNarrow.matches) this.menu.focus();
  }

  show(room, { current, unread }) {
    byId("ground").textContent = `Local room · ${room.ground}`;
    byId("you-name").textContent = room.me.name;
    byId("you-says").textContent = room.me.says;
    wearAvatar(byId("you-avatar"), room.me);
    const line = (conversation) => this.#line(conversation, current, unread.get(conversation.id) ?? 0);
    const channels = room.conversations.filter((conversation) => conversation.is_channel);
    const direct = room.conversations.filter((conversation) => !conversation.is_channel);
    this.#keepFocus(() => {
      byId("channels").replaceChildren(...channels.map(line));
      byId("direct").replaceChildren(...direct.map(line));
    });
    byId("no-channels").hidden = channels.length > 0;
    byId("no-channels").textContent = `${room.me.name} is in no channel.`;
    const elsewhere = [...unread].some(([id, count]) => id !== current && count > 0);
    this.menu.querySelector(".dot").hidden = !elsewhere;
    this.menu.setAttribute("aria-label", elsewhere ? "Conversations, new messages" : "Conversations");
  }

  #line(conversation, current, unread) {
    const item = element("li");
    const button = element("button", "place");
    button.type = "button";
    button.dataset.conversation = conversation.id;
    if (conversation.id === current) button.setAttribute("aria-current", "page");
    const mark = element("span", conversation.is_channel ? "hash" : "", conversation.is_channel ? "#" : "");
    if (!conversation.is_channel) wearAvatar(mark, null);
    mark.setAttribute("aria-hidden", "true");
    button.append(mark, element("span", "place-name", conversation.name));
    if (unread > 0 && conversation.id !== current) {
      button.classList.add("unread");
      button.append(element("span", "count", String(unread)), element("span", "visually-hidden", " new"));
    }
    button.addEventListener("click", () => this.onOpen(conversation.id));
    item.append(button);
    return item;
  }

  #keepFocus(change) {
    const focused = document.activeElement?.dataset?.conversation;
    change();
    if (!focused) return;
    const places = [...this.bar.querySelectorAll(".place")];
    places.find((place) => place.dataset.conversation === focused)?.focus();
  }

  #nextTheme() {
    const next = THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length];
    document.documentElement.classList.remove("m-light", "m-dark");
    if (next !== "system") document.documentElement.classList.add(`m-${next}`);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // Storage is switched off in this browser: the choice holds until the page is closed.
    }
    this.#wearTheme(next);
  }

  #wearTheme(theme) {
    byId("theme").textContent = `Theme: ${theme}`;
  }
}
