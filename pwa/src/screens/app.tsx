/** Chooses the screen for the address, and holds the bar of tabs. */
import { isList } from "../live/lists";
import { go, link, route } from "../route";
import { t } from "../speak";
import { refused, session, storeBroken, unread, unsentCount } from "../state";
import { Cases } from "./cases";
import { ChangePassword } from "./change-password";
import { Home } from "./home";
import { Inbox } from "./inbox";
import { Later } from "./later";
import { Me } from "./me";
import { Notices } from "./notices";
import { Icon } from "./parts/icons";
import { Note } from "./parts/page";
import { NewReport, Report } from "./report";
import { SignIn } from "./sign-in";
import { Tray } from "./tray";

/** Screens that fill the phone: no tabs below them. */
const FULL = new Set(["report", "move", "redo", "case", "sign-in"]);

export function App() {
  const [screen = "", id = "", action = "", about = ""] = route.value;
  if (storeBroken.value)
    return (
      <main class="page">
        <Note tone="bad">{t("store_broken")}</Note>
      </main>
    );
  if (session.value === undefined) return null;
  if (session.value === null) return <SignIn />;
  if (session.value.person.must_change_password && !session.value.expired)
    return <ChangePassword forced onDone={() => go()} />;
  return (
    <div class={FULL.has(screen) ? "shell shell--full" : "shell"}>
      <Tabs on={screen} />
      {session.value.expired && screen !== "sign-in" && (
        <a class="expired" href={link("sign-in")} data-testid="expired">
          {t("session_expired")} <b>{t("sign_in")}</b>
        </a>
      )}
      {draw(screen, id, action, about)}
    </div>
  );
}

function draw(screen: string, id: string, action: string, about: string) {
  switch (screen) {
    case "sign-in":
      return <SignIn onDone={() => history.back()} />;
    case "report":
      return id === "" || id === "new" ? <NewReport /> : <Report key={id} id={id} />;
    case "tray":
      return <Tray />;
    case "cases":
      return <Cases name={isList(id) ? id : null} />;
    case "case":
      return <Later key={id} draw={({ Case }) => <Case id={id} />} />;
    case "move":
      return (
        <Later
          key={`${id}/${action}/${about}`}
          draw={({ Move }) => <Move id={id} action={action} about={about} />}
        />
      );
    case "redo":
      return <Later key={id} draw={({ Redo }) => <Redo id={id} />} />;
    case "figures":
      return <Later key="figures" draw={({ Figures }) => <Figures path={route.value.slice(1)} />} />;
    case "inbox":
      return <Inbox />;
    case "me":
      if (id === "password") return <ChangePassword forced={false} onDone={() => go("me")} />;
      return id === "notices" ? <Notices /> : <Me />;
    default:
      return <Home />;
  }
}

function Tabs({ on }: { on: string }) {
  const count = unsentCount.value;
  const tabs = [
    ["", "home", t("tab_home")],
    ["cases", "cases", t("tab_cases")],
    ["inbox", "bell", t("tab_inbox")],
    ["tray", "tray", t("tab_tray")],
    ["me", "me", t("tab_me")],
  ] as const;
  return (
    <nav class="tabs" aria-label={t("main_navigation")}>
      {tabs.map(([path, icon, word]) => (
        <a
          key={path}
          class={path === on ? "tabs__one tabs__one--on" : "tabs__one"}
          href={link(...(path ? [path] : []))}
          aria-current={path === on ? "page" : undefined}
        >
          <Icon name={icon} />
          <span>{word}</span>
          {path === "tray" && count > 0 && (
            <b class={refused.value.length ? "badge badge--refused" : "badge"}>{count}</b>
          )}
          {path === "inbox" && unread.value > 0 && (
            <b class="badge badge--unread" data-testid="unread">
              {unread.value > 99 ? "99+" : unread.value}
            </b>
          )}
        </a>
      ))}
    </nav>
  );
}
