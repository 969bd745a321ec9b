/** What this person was told, newest first; a tap opens the case and marks it as read. */
import { useEffect, useState } from "preact/hooks";
import type { Inbox as InboxPage, Message } from "../api/shapes";
import { fetchOlder, INBOX, markRead, refreshInbox } from "../live/inbox";
import { link } from "../route";
import { say, t } from "../speak";
import { personId } from "../state";
import { useKept, useNow } from "./parts/hooks";
import { Note, Page } from "./parts/page";
import { usePages } from "./parts/pages";
import { showTime } from "./parts/times";

export function Inbox() {
  const now = useNow(60_000);
  const kept = useKept<InboxPage>(INBOX);
  const [offline, setOffline] = useState(false);
  const { items, more, dropLater } = usePages(INBOX, kept?.value, fetchOlder);

  useEffect(() => {
    const person = personId();
    if (person) void refreshInbox(person, new Date()).then((answered) => setOffline(!answered));
  }, []);

  async function readAll(): Promise<void> {
    const person = personId();
    const ids = items.filter((one) => one.read_at === null).map((one) => one.id);
    if (person) await markRead(person, ids, new Date());
    dropLater();
  }

  return (
    <Page
      title={t("inbox_title")}
      aside={
        items.some((one) => one.read_at === null) && (
          <button type="button" class="chip" onClick={readAll} data-testid="read-all">
            {t("inbox_read_all")}
          </button>
        )
      }
    >
      {offline && kept && (
        <Note tone="plain">{t("inbox_offline", { when: showTime(kept.kept_at, now) })}</Note>
      )}
      {kept !== undefined && items.length === 0 && <p class="empty">{t("inbox_empty")}</p>}
      <div class={items.length ? "weui-cells" : ""} data-testid="inbox">
        {items.map((one) => (
          <MessageLine key={one.id} one={one} now={now} />
        ))}
      </div>
      {more}
    </Page>
  );
}

function MessageLine({ one, now }: { one: Message; now: Date }) {
  const fresh = one.read_at === null;

  function read(): void {
    const person = personId();
    if (person && fresh) void markRead(person, [one.id], new Date());
  }

  return (
    <a
      class={`weui-cell weui-cell_access message${fresh ? " message--unread" : ""}`}
      href={link("case", one.case.id)}
      onClick={read}
      data-message={one.id}
    >
      <span class="message__dot">{fresh && <span class="unseen">{t("inbox_unread")}</span>}</span>
      <span class="weui-cell__bd">
        <span class="case-line__top">
          <span class="line-1">{say(one.text).replace(one.case.code, "").trim()}</span>
          <small class="faint">{showTime(one.at, now)}</small>
        </span>
        <small class="faint">{one.case.code}</small>
      </span>
      <span class="weui-cell__ft" />
    </a>
  );
}
