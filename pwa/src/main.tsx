/** Starts the app: the kept rows first, the screen next, then the tray, the watch and the updates. */
import { render } from "preact";
import { finishSignOut, renewSession } from "./api/session";
import { startNotices } from "./live/notices";
import { startParts } from "./live/parts";
import { App } from "./screens/app";
import { fetchEarly } from "./screens/later";
import { language, setLanguage } from "./speak";
import { personId, startState } from "./state";
import { dropOldCases } from "./store/cache";
import { listenForInstall } from "./sw/install";
import { followUpdates } from "./sw/update";
import "weui/dist/style/base/base.min.css";
import "weui/dist/style/widget/weui-button/weui-button.min.css";
import "weui/dist/style/widget/weui-cell/weui-cell.min.css";
import "weui/dist/style/widget/weui-cell/weui-cell-form.min.css";
import "weui/dist/style/widget/weui-loading/weui-loading.min.css";
import "./styles/index.css";

async function start(): Promise<void> {
  setLanguage(language.value);
  listenForInstall();
  await startState();
  const root = document.getElementById("app");
  if (root) render(<App />, root);
  startParts();
  void finishSignOut();
  void renewSession(new Date());
  const person = personId();
  if (person) void dropOldCases(person, new Date());
  void followUpdates();
  fetchEarly();
  startNotices();
}

void start();
