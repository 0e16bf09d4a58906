// Everything the page asks of the server. A refusal is an Error whose message is for its reader.

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin" });
  } catch {
    throw new Error("The room does not answer. Is it still running in the terminal?");
  }
  if (response.ok) return response;
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    throw new Error((await response.json()).problem);
  }
  throw new Error("The room was started anew. Open the address that its terminal shows now.");
}

const read = async (path, query) => ask(`${path}?${new URLSearchParams(query)}`);

const send = async (path, body) => {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await ask(path, options)).json();
};

export const loadRoom = async (person) => (await read("/api/room", { person })).json();

export const loadSource = async (person, number, surface) =>
  (await read(`/api/messages/${number}/${surface}`, { person })).text();

export const fileAddress = (person, number) => `/api/files/${number}?${new URLSearchParams({ person })}`;

export const say = (place, text) => send("/api/say", { ...place, text });

export const click = (place, command, argument) => send("/api/click", { ...place, command, argument });

export const submit = (place, command, argument, answers) =>
  send("/api/submit", { ...place, command, argument, answers });

// New and changed messages as they happen; returns how to stop listening.
export function listen(person, after, { onMessage, onState }) {
  const stream = new EventSource(`/api/events?${new URLSearchParams({ person, after })}`);
  stream.onopen = () => onState("open");
  stream.onerror = () => onState(stream.readyState === EventSource.CLOSED ? "closed" : "waiting");
  stream.onmessage = (event) => onMessage(JSON.parse(event.data));
  return () => stream.close();
}
