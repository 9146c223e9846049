/** The page: the picture and the time line on the left, lists and details on the right. */

import { useLayoutEffect } from "preact/hooks";
import { Controls } from "./controls.js";
import { CorrectionsPanel } from "./corrections_panel.js";
import { Details } from "./details.js";
import { Header } from "./header.js";
import { Help } from "./help.js";
import { html } from "./html.js";
import { listenToKeys } from "./keyboard.js";
import { Message } from "./message.js";
import { ReviewPanel } from "./review_panel.js";
import { Splitter } from "./splitter.js";
import { Stage } from "./stage.js";
import { allItems, correctionLines } from "./state.js";
import { Page, usePage, useSelect } from "./store.js";
import { TimeLine } from "./time_line.js";
import { TracksPanel } from "./tracks_panel.js";

export function App({ page }) {
  useLayoutEffect(() => listenToKeys(page), [page]); // a key counts as soon as the page is there
  return html`
    <${Page.Provider} value=${page}>
      <${Header} />
      <${Parts} />
      <${Help} />
    <//>`;
}

function Parts() {
  const { right, time, lists } = useSelect((state) => state.sizes);
  return html`
    <main style=${{ "--right": `${right}%`, "--time": `${time}%`, "--lists": `${lists}%` }}>
      <div class="left">
        <${Stage} /><${Controls} /><${Splitter} name="time" label="Height of the time line" after=${true}
          /><${TimeLine} />
        <${Message} />
      </div>
      <${Splitter} name="right" label="Width of the lists and details" across=${true} after=${true} />
      <div class="right"><${Lists} /><${Splitter} name="lists" label="Height of the lists" /><${Details} /></div>
    </main>`;
}

const TABS = { review: ReviewPanel, tracks: TracksPanel, corrections: CorrectionsPanel };

function Lists() {
  const tab = useSelect((state) => state.tab);
  const names = {
    review: `Review (${useSelect((state) => allItems(state).filter(({ key }) => !state.done.has(key)).length)})`,
    tracks: `Tracks (${useSelect((state) => state.model.tracks.length)})`,
    corrections: `Corrections (${useSelect(correctionLines).length})`,
  };
  return html`
    <section class="lists">
      <${Tabs} tab=${tab} names=${names} />
      <div class="panel" role="tabpanel" id="panel" aria-labelledby=${`tab-${tab}`}><${TABS[tab]} /></div>
    </section>`;
}

function Tabs({ tab, names }) {
  const { store } = usePage();
  const keys = Object.keys(names);
  const press = (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = keys[(keys.indexOf(tab) + step + keys.length) % keys.length];
    store.set({ tab: next });
    document.getElementById(`tab-${next}`).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label="Lists" onKeyDown=${press}>
      ${keys.map(
        (key) => html`
        <button type="button" role="tab" id=${`tab-${key}`} data-tab=${key} aria-selected=${key === tab}
          aria-controls="panel"
          tabindex=${key === tab ? 0 : -1} onClick=${() => store.set({ tab: key })}>${names[key]}</button>`,
      )}
    </div>`;
}
