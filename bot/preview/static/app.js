// The room in the browser: who one is, where one is, and what arrives.

import { choose, click, listen, loadEarlier, loadRoom, say } from "./api.js";
import { Composer } from "./composer.js";
import { FormSheet } from "./form.js";
import { MessageMenu } from "./menu.js";
import { MessageList } from "./messages.js";
import { announce, byId, element, fromTemplate, isNarrow, showNote, showProblem } from "./page.js";
import { PeopleSheet } from "./people.js";
import { ReadMarks } from "./readmarks.js";
import { Sidebar } from "./sidebar.js";

const state = {
  room: null,
  messages: new Map(),
  conversation: "",
  thread: null,
  replies: new Map(),
  withEarlier: new Set(),
  begun: new Set(),
  waiting: new Map(),
  stopListening: () => {},
  welcomeClosed: false,
  load: 0,
};

const people = new PeopleSheet((person) => moveTo({ person, conversation: state.conversation }));
const forms = new FormSheet(returnTo);
const marks = new ReadMarks();
const sidebar = new Sidebar((conversation) => {
  if (isNarrow.matches) sidebar.toggle(false);
  moveTo({ person: state.room.me.id, conversation });
});
const context = {
  person: () => state.room.me.id,
  guestOf: (id) => state.room.guests.find((guest) => guest.id === id) ?? (id === null ? null : { id, name: id }),
  nameOf: (id) => (id === null ? state.room.bot_name : context.guestOf(id).name),
  replies: (number) => state.replies.get(number) ?? [],
  isNew: (message) => marks.isNew(message, state.room.me.id),
  onFace: announce,
};
const whatOneDoes = {
  onClick: (message, button) => press(message, button),
  onPick: (message, pick) => sendPick(message, pick),
  onMenu: (message, button) => menu.open(button, message),
};
const list = new MessageList(byId("messages"), {
  ...context, ...whatOneDoes, onThread: (message) => openThread(message.number),
});
const threadList = new MessageList(byId("thread-messages"), { ...context, ...whatOneDoes, onThread: null });
let menu = null;
let composer = null;
let threadComposer = null;

// --- Who and where: kept in the address, so that Back, reloading and bookmarks work -----------------

function whereabouts() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  return {
    person: wanted.get("person") ?? state.room?.me.id ?? "",
    conversation: wanted.get("in") ?? "",
    message: Number(wanted.get("message") ?? 0),
  };
}

function moveTo({ person, conversation }) {
  const hash = `#${new URLSearchParams({ person, in: conversation })}`;
  if (hash === location.hash) return;
  history.pushState(null, "", `/${hash}`);
  follow();
}

async function follow() {
  const wanted = whereabouts();
  if (!state.room || wanted.person !== state.room.me.id) await enter(wanted.person);
  if (!state.room) return;
  openConversation(wanted.conversation);
  if (wanted.message) await reveal(wanted.message);
}

// A link to a message: it is shown, in its thread where it stands in one.
async function reveal(number) {
  while (!state.messages.has(number) && state.withEarlier.has(state.conversation)) await showEarlier();
  const message = state.messages.get(number);
  if (message?.conversation !== state.conversation) {
    showProblem("This message is not here any more.");
    return;
  }
  if (message.thread !== null) openThread(message.thread);
  const item = (message.thread === null ? list : threadList).item(number);
  item.scrollIntoView({ block: "center" });
  item.classList.add("message-linked");
  item.focus();
}

async function enter(person) {
  const load = (state.load += 1);
  let room;
  try {
    room = await loadRoom(person);
  } catch (problem) {
    showBanner(problem.message);
    return;
  }
  if (load !== state.load) return;
  const isChange = state.room !== null && state.room.me.id !== room.me.id;
  state.stopListening();
  state.room = room;
  state.messages = new Map();
  state.replies = new Map();
  room.messages.forEach(keep);
  if (marks.isNewcomer(room.me.id)) {
    const replies = room.messages.filter((message) => message.thread !== null);
    for (const reply of replies) marks.read(reply, { person: room.me.id, staysNew: false });
    for (const message of room.messages.filter(isOld)) marks.read(message, { person: room.me.id, staysNew: false });
  }
  state.withEarlier = new Set(room.with_earlier);
  state.conversation = "";
  menu ??= new MessageMenu(room.menu, chooseEntry);
  buildComposers();
  showWelcome();
  byId("read-only").hidden = !room.is_read_only;
  const last = Math.max(0, ...room.messages.map((message) => message.change));
  state.stopListening = listen(room.me.id, last, { onMessage: receive, onState: showConnection });
  if (isChange) announce(`You are now ${room.me.name}, ${room.me.says}`);
}

function openConversation(wanted) {
  const { conversations } = state.room;
  const place = conversations.find((conversation) => conversation.id === wanted) ?? conversations[0];
  const stays = state.conversation === place.id ? byId("talk-scroll").scrollTop : null;
  closeThread({ focus: false });
  if (state.conversation !== place.id) marks.leave(state.room.me.id, state.conversation);
  state.conversation = place.id;
  byId("title").textContent = place.is_channel ? `# ${place.name}` : place.name;
  byId("subtitle").textContent = place.is_channel
    ? "The weekly council: what is red, what is yellow, and what is done about it"
    : `Between ${state.room.me.name} and the bot`;
  document.title = `${place.is_channel ? "#" : ""}${place.name} · Pipeline Council`;
  composer.rename(place.is_channel ? `Message #${place.name}` : `Message ${place.name}`);
  for (const message of talkMessages()) marks.read(message, { person: state.room.me.id, staysNew: true });
  list.show(talkMessages());
  byId("talk-empty").textContent = place.is_channel
    ? "Nothing was said here yet."
    : "Nothing here yet. Type / below to see what you can ask.";
  refresh();
  showFirst(place, stays);
}

// Where one was; else what one reads first, once; else what was said last.
function showFirst(place, stays) {
  const scroll = byId("talk-scroll");
  const first = state.begun.has(placeId()) ? null : list.item(place.begins_at);
  state.begun.add(placeId());
  if (stays !== null) scroll.scrollTop = stays;
  else if (first) scroll.scrollTop = first.offsetTop;
  else showLast(list, scroll);
}

const placeId = () => JSON.stringify([state.room.me.id, state.conversation]);

// Said before what one reads first: whoever has just come in has not missed it.
function isOld(message) {
  const { begins_at } = state.room.conversations.find((place) => place.id === message.conversation);
  return begins_at !== null && message.number < begins_at;
}

function keep(message) {
  state.messages.set(message.number, message);
  if (message.thread === null) return;
  const replies = (state.replies.get(message.thread) ?? []).filter((one) => one.number !== message.number);
  state.replies.set(message.thread, [...replies, message].sort((one, other) => one.number - other.number));
}

async function showEarlier() {
  const { conversation } = state;
  const first = talkMessages()[0];
  const scroll = byId("talk-scroll");
  const below = scroll.scrollHeight - scroll.scrollTop;
  const page = await loadEarlier(state.room.me.id, conversation, first.number);
  if (conversation !== state.conversation) return;
  page.messages.forEach(keep);
  for (const message of page.messages) marks.read(message, { person: state.room.me.id, staysNew: false });
  if (!page.has_earlier) state.withEarlier.delete(conversation);
  list.putBefore(talkMessages().filter((message) => message.number < first.number));
  scroll.scrollTop = scroll.scrollHeight - below;
  refresh();
}

const talkMessages = () => [...state.messages.values()]
  .filter((message) => message.conversation === state.conversation && message.thread === null)
  .sort((one, other) => one.number - other.number);

function refresh() {
  const unread = marks.count([...state.messages.values()], state.room.me.id);
  sidebar.show(state.room, { current: state.conversation, unread });
  byId("earlier").hidden = !state.withEarlier.has(state.conversation);
  byId("talk-empty").hidden = list.items.size > 0;
  byId("thread-empty").hidden = threadList.items.size > 1;
  showTyping("talk", state.waiting.get(placeKey({ conversation: state.conversation, thread: null })));
  showTyping("thread", state.waiting.get(placeKey({ conversation: state.conversation, thread: state.thread })));
}

// --- What arrives -----------------------------------------------------------------------------

function receive(message) {
  const isNew = !state.messages.has(message.number);
  keep(message);
  if (isNew) {
    if (message.author !== state.room.me.id) announce(`${context.nameOf(message.author)}: ${message.summary}`);
  }
  if (message.conversation === state.conversation) {
    const isOfThread = message.thread === state.thread || message.number === state.thread;
    if (message.thread === null || isOfThread) {
      marks.read(message, { person: state.room.me.id, staysNew: document.hidden });
    }
    if (message.thread === null) putAtEnd(list, byId("talk-scroll"), message);
    else list.renewReplies(message.thread);
    if (state.thread !== null && isOfThread) putAtEnd(threadList, byId("thread-scroll"), message);
  }
  refresh();
}

function putAtEnd(messages, scroll, message) {
  const isThere = messages.item(message.number) !== undefined;
  const wasAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 160;
  messages.put(message);
  const item = messages.item(message.number);
  if (isThere) return;
  if (!wasAtEnd && message.author !== state.room.me.id) return;
  // A long message is read from its beginning.
  item.scrollIntoView({ block: item.offsetHeight > scroll.clientHeight ? "start" : "nearest" });
}

// What was said last; a long message from its beginning.
function showLast(messages, scroll) {
  const last = [...messages.items.values()].at(-1)?.item;
  const isLong = last && last.offsetHeight > scroll.clientHeight;
  scroll.scrollTop = isLong ? last.offsetTop : scroll.scrollHeight;
}

// --- What one does -----------------------------------------------------------------------------

const placeKey = ({ conversation, thread }) => JSON.stringify([conversation, thread]);

// Shows that the bot is at work until the answer stands in the room.
async function during(place, message, work) {
  const key = placeKey(place);
  state.waiting.set(key, (state.waiting.get(key) ?? 0) + 1);
  refresh();
  try {
    const answer = await work();
    if (answer.form) forms.open(answer.form, place, message);
    if (answer.note) showNote(answer.note);
    return true;
  } catch (problem) {
    showProblem(problem.message);
    return false;
  } finally {
    state.waiting.set(key, state.waiting.get(key) - 1);
    refresh();
  }
}

const placeNow = (thread) => ({ person: state.room.me.id, conversation: state.conversation, thread });

function speak(words, thread, box) {
  const place = placeNow(thread);
  during(place, null, () => say(place, words)).then((wasSent) => {
    if (!wasSent && box.isEmpty) box.write(words);
  });
}

async function press(message, button) {
  const { command, argument } = button.dataset;
  await pressOnce(button, message, { command, argument });
}

async function sendPick(message, pick) {
  const field = pick.querySelector("input, select");
  if (!field.value) {
    const first = field.matches("select") ? "Choose one" : field.type === "text" ? "Write a line" : "Pick a date";
    showProblem(`${first} first.`);
    field.focus();
    return;
  }
  const { command, argument } = pick.dataset;
  await pressOnce(pick.querySelector("button"), message, { command, argument, value: field.value });
}

// Pressed again while it is at work, a control does nothing.
async function pressOnce(button, message, control) {
  const place = placeNow(threadOf(button, message));
  if (button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  await during(place, message.number, () => click(place, { ...control, message: message.number }));
  button.removeAttribute("aria-busy");
}

const threadOf = (button, message) => (button.closest("#thread") === null ? message.thread : state.thread);

async function chooseEntry(message, entry) {
  const place = placeNow(message.thread ?? (message.number === state.thread ? state.thread : null));
  await during(place, message.number, () => choose(place, entry.command, message.number));
}

// The control that opened a form may have turned into what was done: then its message has the focus.
function returnTo(number) {
  const lost = document.activeElement === document.body || document.activeElement === null;
  if (lost) (threadList.item(number) ?? list.item(number))?.focus();
}

function buildComposers() {
  const suggestions = state.room.suggestions;
  composer = new Composer(byId("composer"), {
    id: "composer", label: "Message", suggestions, onSend: (words) => speak(words, null, composer),
  });
  threadComposer = new Composer(byId("thread-composer"), {
    id: "thread-composer", label: "Reply", suggestions,
    onSend: (words) => speak(words, state.thread, threadComposer),
  });
}

// --- Threads -----------------------------------------------------------------------------------

function openThread(number) {
  state.thread = number;
  const parent = state.messages.get(number);
  byId("thread-subtitle").textContent = byId("title").textContent;
  const shown = [parent, ...context.replies(number)];
  for (const message of shown) marks.read(message, { person: state.room.me.id, staysNew: false });
  threadList.show(shown);
  list.renewReplies(number);
  byId("thread").hidden = false;
  shortenParent(threadList.item(number));
  document.body.classList.add("thread-open");
  byId("talk").inert = isNarrow.matches;
  refresh();
  byId("thread-scroll").scrollTop = 0;
  byId("thread-close").focus();
}

// A long message would hide its own thread: it is cut, and one press shows it all.
function shortenParent(item) {
  const body = item.querySelector(".message-body");
  if (body.offsetHeight < 420) return;
  const more = element("button", "more", "Show the whole message");
  more.type = "button";
  body.classList.add("shortened");
  body.inert = true;
  body.after(more);
  more.addEventListener("click", () => {
    body.classList.remove("shortened");
    body.inert = false;
    more.remove();
    item.focus();
  });
}

function closeThread({ focus }) {
  if (state.thread === null) return false;
  const parent = list.item(state.thread);
  state.thread = null;
  threadList.show([]);
  byId("thread").hidden = true;
  document.body.classList.remove("thread-open");
  byId("talk").inert = false;
  if (focus) parent?.focus();
  return true;
}

// --- The rest of the page ------------------------------------------------------------------------

function showTyping(pane, count) {
  const place = byId(`${pane}-typing`);
  place.hidden = !count;
  if (!count || place.childElementCount > 0) return;
  place.append(fromTemplate("typing-template"));
  place.querySelector(".typing-words").textContent = `${state.room.bot_name} is looking it up …`;
}

function showWelcome() {
  const { welcome } = state.room;
  byId("welcome").hidden = state.welcomeClosed;
  byId("welcome-title").textContent = welcome.title;
  byId("welcome-lines").replaceChildren(...welcome.lines.map((line) => element("li", "", `${line} `)));
  byId("welcome-examples").replaceChildren(...welcome.examples.map((example) => {
    const chip = element("button", "chip", example);
    chip.type = "button";
    chip.addEventListener("click", () => speak(example, null, composer));
    return chip;
  }));
}

function showBanner(words) {
  byId("connection").textContent = words;
  byId("connection").hidden = !words;
}

function showConnection(connection) {
  showBanner({
    open: "",
    waiting: "The connection is gone; trying again …",
    closed: "The room was closed or started anew. Open the address that its terminal shows now.",
  }[connection]);
}

// Chromium gives the focus back to a message box without its caret when a dialog was closed by mouse.
function wakeFocus() {
  const focused = document.activeElement;
  focused?.blur();
  focused?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea, select, dialog")) {
    event.preventDefault();
    (event.target.closest("#thread") ? threadComposer : composer).write("/");
  }
  if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
  const inThread = event.target.closest?.("#thread");
  if ((inThread ? threadList : list).closeSource()) return;
  if (closeThread({ focus: true })) return;
  if (sidebar.isOpen) sidebar.toggle(false);
});

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", wakeFocus);
}
byId("earlier-open").addEventListener("click", () => showEarlier().catch((problem) => showProblem(problem.message)));
byId("you").addEventListener("click", () => people.open(state.room.guests, state.room.me));
byId("keys-open").addEventListener("click", () => byId("keys").showModal());
byId("thread-close").addEventListener("click", () => closeThread({ focus: true }));
byId("welcome-close").addEventListener("click", () => {
  state.welcomeClosed = true;
  byId("welcome").hidden = true;
  composer.field.focus();
});
window.addEventListener("popstate", follow);

// The token has done its work: it leaves the address bar and the history.
history.replaceState(null, "", `/${location.hash}`);
follow();
