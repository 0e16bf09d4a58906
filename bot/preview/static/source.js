// A message as the JSON that Slack or Teams would be sent, coloured for reading, with a copy button.

import { loadSource } from "./api.js";
import { announce, copyText, element, fromTemplate, showProblem } from "./page.js";

const NAMES = { blockkit: "Block Kit", adaptive: "Adaptive Card" };
const TARGETS = { blockkit: "What Slack is sent", adaptive: "What Microsoft Teams is sent" };

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/gu;

function coloured(json) {
  const code = document.createDocumentFragment();
  let end = 0;
  for (const match of json.matchAll(TOKENS)) {
    code.append(json.slice(end, match.index));
    const kind = match[2] ? "json-key" : match[1] ? "json-text" : "json-value";
    code.append(element("span", kind, match[1] ?? match[0]), match[2] ?? "");
    end = match.index + match[0].length;
  }
  code.append(json.slice(end));
  return code;
}

async function copy(json, button, code) {
  if (await copyText(json)) {
    button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  } else {
    getSelection().selectAllChildren(code);
    showProblem("This browser does not let a page copy. The text is selected: press Ctrl+C.");
  }
}

export const faceName = (face) => NAMES[face];

export async function showSource(holder, person, number, face) {
  const json = await loadSource(person, number, face);
  const parts = JSON.parse(json).length;
  const source = fromTemplate("source-template");
  const says = parts > 1 ? `${TARGETS[face]}, in ${parts} messages for its size` : TARGETS[face];
  source.querySelector(".source-says").textContent = says;
  source.querySelector(".source-text").setAttribute("aria-label", `${NAMES[face]} JSON`);
  const code = source.querySelector("code");
  code.append(coloured(json));
  const button = source.querySelector(".source-copy");
  button.addEventListener("click", () => copy(json, button, code));
  holder.replaceChildren(source);
}
