// What each person has read, as long as the page is open.

export class ReadMarks {
  constructor() {
    this.seen = new Map();
    this.fresh = new Map();
  }

  isNew(message, person) {
    if (message.author === person) return false;
    return !this.#of(this.seen, person).has(message.number) || this.#of(this.fresh, person).has(message.number);
  }

  // Who has just come in has missed no reply yet: only whole messages are new.
  isNewcomer(person) {
    return !this.seen.has(person);
  }

  // `staysNew`: it is marked as new until one leaves, so that one finds where to begin.
  read(message, { person, staysNew }) {
    const seen = this.#of(this.seen, person);
    if (seen.has(message.number)) return;
    if (staysNew) this.#of(this.fresh, person).set(message.number, message.conversation);
    seen.set(message.number, message.conversation);
  }

  leave(person, conversation) {
    const fresh = this.#of(this.fresh, person);
    for (const [number, of] of fresh) if (of === conversation) fresh.delete(number);
  }

  // Unread messages by conversation.
  count(messages, person) {
    const seen = this.#of(this.seen, person);
    const unread = new Map();
    for (const { number, author, conversation } of messages) {
      if (author === person || seen.has(number)) continue;
      unread.set(conversation, (unread.get(conversation) ?? 0) + 1);
    }
    return unread;
  }

  #of(marks, person) {
    if (!marks.has(person)) marks.set(person, new Map());
    return marks.get(person);
  }
}
