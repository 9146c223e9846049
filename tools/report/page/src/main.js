/** Reads the report's data from the page and draws the report. */

import { render } from "preact";
import { makeModel } from "./logic/model.js";
import { App } from "./view/app.js";
import { correctionActions } from "./view/correction_actions.js";
import { CropReader } from "./view/crop_reader.js";
import { html } from "./view/html.js";
import { keepChanges, readKept } from "./view/keeping.js";
import { Player } from "./view/player.js";
import { selectionActions } from "./view/selection_actions.js";
import { solveChanges } from "./view/solving.js";
import { startState } from "./view/state.js";
import { createStore } from "./view/store.js";

function start(root, text) {
  const model = makeModel(JSON.parse(text));
  const store = createStore(startState(model, readKept(model)));
  const player = new Player(store);
  const actions = { ...selectionActions(store, player), ...correctionActions(store) };
  keepChanges(store);
  if (model.served) solveChanges(store, actions);
  render(html`<${App} page=${{ store, player, actions, crops: new CropReader() }} />`, root);
  // what tests may read; nothing on the page uses it
  Object.defineProperty(window, "siamlinkReport", { value: Object.freeze({ state: () => store.get() }) });
}

const root = document.getElementById("report");
const data = document.getElementById("report-data");
try {
  start(root, data.textContent);
  data.remove();
} catch (error) {
  root.textContent = `This report cannot be shown: ${error.message}`;
  throw error;
}
