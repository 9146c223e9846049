/** The lines of all corrections: to read, edit, undo, download or save. */

import { useLayoutEffect, useState } from "preact/hooks";
import { constraintsFile, constraintsName, faults, toLines } from "../logic/correction_text.js";
import { count } from "../logic/words.js";
import { html } from "./html.js";
import { saveCorrections } from "./solving.js";
import { correctionLines } from "./state.js";
import { usePage, useSelect } from "./store.js";

const PAUSE = 700; // milliseconds without a key before a text that was edited counts

export function CorrectionsPanel() {
  const { actions } = usePage();
  const history = useSelect((state) => state.history);
  const lines = useSelect(correctionLines);
  const solvedAgain = useSelect((state) => state.model.boxes.original !== null);
  const served = useSelect((state) => state.model.served !== null);
  return html`
    <div class="corrections">
      <div class="steps">
        <button type="button" data-action="undo" disabled=${!history.past.length} title="Undo (Ctrl Z)"
          onClick=${actions.undo}>↶ Undo</button>
        <button type="button" data-action="redo" disabled=${!history.future.length} title="Redo (Ctrl Shift Z)"
          onClick=${actions.redo}>↷ Redo</button>
        <span class="quiet">${count(lines.length, "line")}</span>
      </div>
      <${Lines} lines=${lines} />
      ${solvedAgain && html`<p class="quiet small">Ids in these lines are those of the tracks before corrections.</p>`}
      ${served ? html`<${Save} />` : html`<${Command} />`}
    </div>`;
}

/**
 * The field of the lines. Its effects run with each change, not after the next frame: until then the timer would write
 * an older text over a correction that was just made.
 */
function Lines({ lines }) {
  const { actions } = usePage();
  const [text, setText] = useState(lines.join("\n"));
  useLayoutEffect(() => {
    setText((old) => (toLines(old).join("\n") === lines.join("\n") ? old : lines.join("\n")));
  }, [lines]);
  useLayoutEffect(() => {
    const timer = setTimeout(() => actions.writeLines(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const wrong = faults(toLines(text));
  return html`
    <label class="lines-label" for="lines">Corrections, one a line</label>
    <textarea id="lines" data-lines spellcheck=${false} rows="8" value=${text} aria-describedby="faults"
      placeholder="split 120 3" onInput=${(event) => setText(event.target.value)}
      onBlur=${() => actions.writeLines(text)}></textarea>
    <ul id="faults" class="faults" role="status">${wrong.map((fault) => html`<li>${fault}</li>`)}</ul>`;
}

function Download({ main = false }) {
  const model = useSelect((state) => state.model);
  const lines = useSelect(correctionLines);
  const name = constraintsName(model.name);
  const download = () => {
    const url = URL.createObjectURL(
      new Blob([constraintsFile(model.corrections.tracks, lines)], { type: "text/plain" }),
    );
    const link = Object.assign(document.createElement("a"), { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  return html`<button type="button" class=${main ? "main" : ""} data-action="download" disabled=${!lines.length}
    onClick=${download}>Download ${name}</button>`;
}

function Command() {
  const { corrections, name } = useSelect((state) => state.model);
  const file = constraintsName(name);
  const command = `siamlink track --constraints ${quoted(file)} -o corrected`;
  const [copied, setCopied] = useState(false);
  const copy = async () => setCopied(await copyText(command));
  return html`
    <${Download} main=${true} />
    <p class="quiet">Put the file beside ${corrections.tracks} and track again. Source, detections and settings are those of
      the record beside the tracks; without a record, give them too:</p>
    <div class="command"><code data-command>${command}</code>
      <button type="button" class="small" data-action="copy"
        onClick=${copy}>${copied ? "Copied" : "Copy"}</button></div>`;
}

/** A file name as a shell takes it. */
function quoted(name) {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/** Whether a text could be put on the clipboard; pages that were opened as files may have to do it the old way. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

function Save() {
  const { store } = usePage();
  return html`
    <button type="button" class="main" data-action="save"
      onClick=${() => saveCorrections(store)}>Save corrections and tracks</button>
    <${Download} />`;
}
