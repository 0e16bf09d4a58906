// The room in the browser: who one is, where one is, and what arrives.

import { click, listen, loadRoom, say } from "./api.js";
import { Composer } from "./composer.js";
import { FormSheet } from "./form.js";
import { MessageList } from "./messages.js";
import { announce, byId, element, fromTemplate, isNarrow, showProblem } from "./page.js";
import { PeopleSheet } from "./people.js";
import { Sidebar } from "./sidebar.js";

const state = {
  room: null,
  messages: new Map(),
  conversation: "",
  thread: null,
  unread: new Map(),
  waiting: new Map(),
  stopListening: () => {},
  welcomeClosed: false,
  load: 0,
};

const people = new PeopleSheet((person) => moveTo({ person, conversation: state.conversation }));
const forms = new FormSheet();
const sidebar = new Sidebar((conversation) => {
  if (isNarrow.matches) sidebar.toggle(false);
  moveTo({ person: state.room.me.id, conversation });
});
const context = {
  person: () => state.room.me.id,
  guestOf: (id) => state.room.guests.find((guest) => guest.id === id) ?? (id === null ? null : { id, name: id }),
  nameOf: (id) => (id === null ? state.room.bot_name : context.guestOf(id).name),
  replies: (number) => [...state.messages.values()].filter((message) => message.thread === number),
  onFace: announce,
};
const list = new MessageList(byId("messages"), {
  ...context,
  onThread: (message) => openThread(message.number),
  onClick: (message, button) => press(message, button),
});
const threadList = new MessageList(byId("thread-messages"), {
  ...context,
  onThread: null,
  onClick: (message, button) => press(message, button),
});
let composer = null;
let threadComposer = null;

// --- Who and where: kept in the address, so that Back, reloading and bookmarks work -----------------

function whereabouts() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  return { person: wanted.get("person") ?? "", conversation: wanted.get("in") ?? "" };
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
  if (state.room) openConversation(whereabouts().conversation);
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
  state.messages = new Map(room.messages.map((message) => [message.number, message]));
  state.unread = new Map();
  state.conversation = "";
  for (const message of room.messages) countUnread(message);
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
  closeThread({ focus: false });
  state.conversation = place.id;
  state.unread.delete(place.id);
  byId("title").textContent = place.is_channel ? `# ${place.name}` : place.name;
  byId("subtitle").textContent = place.is_channel
    ? "The weekly council: what is red, what is yellow, and what is done about it"
    : `Between ${state.room.me.name} and the bot`;
  document.title = `${place.is_channel ? "#" : ""}${place.name} · Pipeline Council`;
  composer.rename(place.is_channel ? `Message #${place.name}` : `Message ${place.name}`);
  list.show(talkMessages());
  byId("talk-empty").textContent = place.is_channel
    ? "Nothing was said here yet."
    : "Nothing here yet. Type / below to see what you can ask.";
  refresh();
  if (byId("welcome").hidden) scrollDown(byId("talk-scroll"));
  else byId("talk-scroll").scrollTop = 0;
}

const talkMessages = () => [...state.messages.values()]
  .filter((message) => message.conversation === state.conversation && message.thread === null)
  .sort((one, other) => one.number - other.number);

function refresh() {
  sidebar.show(state.room, { current: state.conversation, unread: state.unread });
  byId("talk-empty").hidden = list.items.size > 0;
  byId("thread-empty").hidden = threadList.items.size > 1;
  showTyping("talk", state.waiting.get(placeKey({ conversation: state.conversation, thread: null })));
  showTyping("thread", state.waiting.get(placeKey({ conversation: state.conversation, thread: state.thread })));
}

// --- What arrives -----------------------------------------------------------------------------

function receive(message) {
  const isNew = !state.messages.has(message.number);
  state.messages.set(message.number, message);
  if (isNew) {
    countUnread(message);
    if (message.author !== state.room.me.id) announce(`${context.nameOf(message.author)}: ${message.summary}`);
  }
  if (message.conversation === state.conversation) {
    if (message.thread === null) putAtEnd(list, byId("talk-scroll"), message);
    else list.renewReplies(message.thread);
    const isOfThread = message.thread === state.thread || message.number === state.thread;
    if (state.thread !== null && isOfThread) putAtEnd(threadList, byId("thread-scroll"), message);
  }
  refresh();
}

function putAtEnd(messages, scroll, message) {
  const wasAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 160;
  messages.put(message);
  const item = messages.item(message.number);
  if (!wasAtEnd && message.author !== state.room.me.id) return;
  // A long message is read from its beginning.
  item.scrollIntoView({ block: item.offsetHeight > scroll.clientHeight ? "start" : "nearest" });
}

function countUnread(message) {
  if (message.conversation === state.conversation || message.author === state.room.me.id) return;
  state.unread.set(message.conversation, (state.unread.get(message.conversation) ?? 0) + 1);
}

function scrollDown(scroll) {
  scroll.scrollTop = scroll.scrollHeight;
}

// --- What one does -----------------------------------------------------------------------------

const placeKey = ({ conversation, thread }) => JSON.stringify([conversation, thread]);

// Shows that the bot is at work until the answer stands in the room.
async function during(place, work) {
  const key = placeKey(place);
  state.waiting.set(key, (state.waiting.get(key) ?? 0) + 1);
  refresh();
  try {
    const answer = await work();
    if (answer.form) forms.open(answer.form, place);
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
  during(place, () => say(place, words)).then((wasSent) => {
    if (!wasSent && box.isEmpty) box.write(words);
  });
}

async function press(message, button) {
  const inThread = button.closest("#thread") !== null;
  const place = placeNow(inThread ? state.thread : null);
  if (button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  await during(place, () => click(place, button.dataset.command, button.dataset.argument));
  button.removeAttribute("aria-busy");
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
  threadList.show([parent, ...context.replies(number)]);
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
  byId("welcome-lines").replaceChildren(...welcome.lines.map((line) => element("li", "", line)));
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
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  const inThread = event.target.closest?.("#thread");
  if ((inThread ? threadList : list).closeSource()) return;
  if (closeThread({ focus: true })) return;
  if (sidebar.isOpen) sidebar.toggle(false);
});

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", wakeFocus);
}
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
