// What all parts of the page share: elements, safe markup, people's faces, times, announcements.

export const byId = (id) => document.getElementById(id);

export const fromTemplate = (id) => byId(id).content.cloneNode(true);

// The only way from a string to markup: fragments that the server rendered and escaped.
const policy = window.trustedTypes?.createPolicy("rendered-card", { createHTML: (html) => html });

export function setRendered(element, html) {
  element.innerHTML = policy ? policy.createHTML(html) : html;
  for (const link of element.querySelectorAll("a[href]")) link.target = "_blank";
}

export function element(tag, className, words) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (words !== undefined) made.textContent = words;
  return made;
}

export function initials(name) {
  const words = name.split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word) => [...word][0]).join("").toUpperCase();
}

const AVATAR_COLOURS = 8;

export function wearAvatar(avatar, person) {
  avatar.className = "avatar";
  if (!person) {
    avatar.classList.add("avatar-bot");
    avatar.textContent = "";
    return;
  }
  let sum = 0;
  for (const letter of person.id) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  avatar.classList.add(`avatar-${sum % AVATAR_COLOURS}`);
  avatar.textContent = initials(person.name);
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const longDay = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const farDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

export const timeWords = (moment) => clock.format(moment);
export const exactWords = (moment) => exact.format(moment);
export const dayKey = (moment) => moment.toDateString();

export function dayWords(moment) {
  const today = new Date();
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  if (dayKey(moment) === dayKey(today)) return "Today";
  if (dayKey(moment) === dayKey(yesterday)) return "Yesterday";
  return (moment.getFullYear() === today.getFullYear() ? longDay : farDay).format(moment);
}

export function sizeWords(bytes) {
  return bytes < 1024 ? `${bytes} bytes` : `${Math.round(bytes / 1024).toLocaleString("en-GB")} KB`;
}

export function announce(words) {
  byId("live").append(element("p", "", words));
  while (byId("live").childElementCount > 5) byId("live").firstElementChild.remove();
}

let toastTimer = 0;

function showToast(words, role, seconds) {
  // In front of an open dialog, which hides whatever is outside it.
  (document.querySelector("dialog[open]") ?? document.body).append(byId("toast"));
  const toast = byId("toast");
  toast.setAttribute("role", role);
  toast.textContent = words;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, seconds * 1000);
}

export const showProblem = (words) => showToast(words, "alert", 8);

export const showNote = (words) => showToast(words, "status", 5);

export async function copyText(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}

export const isNarrow = window.matchMedia("(max-width: 760px)");
