// Everything the page asks of the server. A refusal is an Error whose message is for its reader.

const RETRY_MS = 400;

async function ask(path, options) {
  const response = await fetchTwice(path, { ...options, credentials: "same-origin" });
  if (response.ok) return response;
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    throw new Error((await response.json()).problem);
  }
  throw new Error("The room was started anew. Open the address that its terminal shows now.");
}

// A connection that broke may have brought its message or not: the second try carries the same event.
async function fetchTwice(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
  }
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("The room does not answer. Is it still running in the terminal?");
  }
}

const read = async (path, query) => ask(`${path}?${new URLSearchParams(query)}`);

// A name for one thing that happened here. Whatever is sent again under the same name happens once.
export const newEvent = () => crypto.randomUUID();

const send = async (path, body) => {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ event: newEvent(), ...body }),
  };
  return (await ask(path, options)).json();
};

export const loadRoom = async (person) => (await read("/api/room", { person })).json();

export const loadEarlier = async (person, conversation, before) =>
  (await read("/api/earlier", { person, in: conversation, before })).json();

export const loadSource = async (person, number, surface) =>
  (await read(`/api/messages/${number}/${surface}`, { person })).text();

export const fileAddress = (person, number) => `/api/files/${number}?${new URLSearchParams({ person })}`;

export const say = (place, text) => send("/api/say", { ...place, text });

// `control`: command, argument, value, and the number of the message in which it stands.
export const click = (place, control) => send("/api/click", { ...place, ...control });

export const choose = (place, command, message) => send("/api/menu", { ...place, command, message });

// `filled`: command, argument, answers, the message from which it was opened, and its event.
export const submit = (place, filled) => send("/api/submit", { ...place, ...filled });

// New and changed messages as they happen; returns how to stop listening.
export function listen(person, after, { onMessage, onState }) {
  const stream = new EventSource(`/api/events?${new URLSearchParams({ person, after })}`);
  stream.onopen = () => onState("open");
  stream.onerror = () => onState(stream.readyState === EventSource.CLOSED ? "closed" : "waiting");
  stream.onmessage = (event) => onMessage(JSON.parse(event.data));
  return () => stream.close();
}
