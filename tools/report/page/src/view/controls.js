/** The row of controls below the picture. */

import { useState } from "preact/hooks";
import { clock, timeOf } from "../logic/frame_times.js";
import { boxOf, rowOf } from "../logic/model.js";
import { viewOfBox, wholeView, zoomAt } from "../logic/picture_view.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { SPEEDS } from "./player.js";
import { selectedTrack } from "./state.js";
import { usePage, useSelect } from "./store.js";

export function Controls() {
  const { player, actions } = usePage();
  const playing = useSelect((state) => state.playing);
  const button = (action, name, key, icon, onClick) => html`
    <button type="button" class="icon" data-action=${action} aria-label=${name} title=${`${name} (${key})`}
      onClick=${onClick}><${Icon} name=${icon} /></button>`;
  return html`
    <div class="controls" role="toolbar" aria-label="Frames">
      ${button("first", "First frame", "Home", "first", () => actions.goTo(-Infinity))}
      ${button("frame-1", "Previous frame", "←", "previous", () => player.step(-1))}
      ${button("play", playing ? "Pause" : "Play", "Space", playing ? "pause" : "play", () => player.toggle())}
      ${button("frame+1", "Next frame", "→", "next", () => player.step(1))}
      ${button("last", "Last frame", "End", "last", () => actions.goTo(Infinity))}
      <${FrameField} />
      <${Speed} />
      <span class="space"></span>
      <${Zoom} />
    </div>`;
}

function FrameField() {
  const { actions } = usePage();
  const frame = useSelect((state) => state.frame);
  const shown = useSelect((state) => state.shown);
  const frames = useSelect((state) => state.model.frames);
  const [typed, setTyped] = useState(null); // what a person is typing; null if nothing
  const jump = ({ target }) => {
    if (typed !== null && target.value !== "") actions.goTo(Number(target.value));
    setTyped(null);
  };
  const press = (event) => {
    if (event.key === "Escape") event.target.value = String(frame);
    if (event.key === "Enter" || event.key === "Escape") event.target.blur();
  };
  return html`
    <label class="frame-field">Frame
      <input id="frame" type="number" min=${frames.first} max=${frames.last} value=${typed ?? frame}
        data-frame=${frame} data-shown=${shown}
        onInput=${(event) => setTyped(event.target.value)} onBlur=${jump} onKeyDown=${press} />
    </label>
    <span class="quiet numbers">of ${frames.last}${frames.rateKnown && ` · ${clock(timeOf(frames, frame))}`}</span>`;
}

function Speed() {
  const { player } = usePage();
  const speed = useSelect((state) => state.speed);
  return html`
    <label class="speed">Speed
      <select data-action="speed" value=${speed} onChange=${(event) => player.setSpeed(Number(event.target.value))}>
        ${SPEEDS.map((each) => html`<option value=${each}>${each} ×</option>`)}
      </select>
    </label>`;
}

function Zoom() {
  const { store } = usePage();
  const zoom = useSelect((state) => state.view.zoom);
  const showBoxes = useSelect((state) => state.showBoxes);
  return html`
    <label class="check"><input type="checkbox" data-action="boxes" checked=${showBoxes}
      onChange=${(event) => store.set({ showBoxes: event.target.checked })} />Boxes</label>
    <button type="button" class="icon" data-action="zoom-" aria-label="Zoom the picture out" title="Zoom out (-)"
      onClick=${() => zoomBy(store, 1 / 1.4)}><${Icon} name="out" /></button>
    <button type="button" class="numbers zoom" data-action="zoom0" title="Whole picture (0)"
      onClick=${() => store.set({ view: wholeView() })}>${Math.round(100 * zoom)} %</button>
    <button type="button" class="icon" data-action="zoom+" aria-label="Zoom the picture in" title="Zoom in (+)"
      onClick=${() => zoomBy(store, 1.4)}><${Icon} name="in" /></button>`;
}

/** Zoom the picture about its middle. */
export function zoomBy(store, factor) {
  const stage = stageSize();
  const middle = { x: stage.width / 2, y: stage.height / 2 };
  store.set({ view: zoomAt(store.get().view, factor, middle, stage, store.get().model.frames) });
}

/** Zoom the picture to the box of the selected track. */
export function zoomToTrack(store) {
  const { model, frame } = store.get();
  const track = selectedTrack(store.get());
  const row = track ? rowOf(model, track, frame) : -1;
  if (row >= 0) store.set({ view: viewOfBox(boxOf(model, row), stageSize(), model.frames) });
}

function stageSize() {
  const { width, height } = document.querySelector(".stage").getBoundingClientRect();
  return { width, height };
}
