/** Cases this person may see: what waits for acceptance, and all of them, newest first. */
import { useEffect, useState } from "preact/hooks";
import type { CaseSummary, Page as PageOf } from "../api/shapes";
import { ASKS, fetchMore, type ListName, listKey, refreshList } from "../live/cases";
import { link } from "../route";
import { t, tCode } from "../speak";
import { me, personId } from "../state";
import { AskLink } from "./parts/asks";
import { useKept, useNow } from "./parts/hooks";
import { Note, Page } from "./parts/page";
import { showTime } from "./parts/times";

export function Cases({ name }: { name: ListName }) {
  const now = useNow(60_000);
  const kept = useKept<PageOf<CaseSummary>>(listKey(name));
  const [offline, setOffline] = useState(false);
  const [later, setLater] = useState<PageOf<CaseSummary> | null>(null);

  useEffect(() => {
    let left = false;
    setLater(null);
    const person = personId();
    if (person)
      void refreshList(person, name, new Date()).then((answer) => {
        if (!left) setOffline(answer.kind === "unreachable");
      });
    return () => {
      left = true;
    };
  }, [name]);

  async function readMore(cursor: string): Promise<void> {
    const answer = await fetchMore(name, cursor);
    if (answer.kind !== "ok") return setOffline(true);
    const { items, next_cursor } = answer.body;
    setLater({ items: [...(later?.items ?? []), ...items], next_cursor });
  }

  const first = kept?.value;
  const items = [...(first?.items ?? []), ...(later?.items ?? [])];
  const cursor = later ? later.next_cursor : (first?.next_cursor ?? null);
  return (
    <Page title={t("cases_title")}>
      {(me.value?.units.length ?? 0) > 0 && (
        <nav class="chips chips--row" aria-label={t("cases_title")}>
          {ASKS.map((ask) => (
            <AskLink key={ask} ask={ask} on={ask === name} />
          ))}
          <a
            class={name === "all" ? "chip chip--on" : "chip"}
            href={link("cases")}
            aria-current={name === "all" ? "page" : undefined}
          >
            {t("cases_all")}
          </a>
        </nav>
      )}
      {offline && kept && (
        <Note tone="plain">{t("cases_offline", { when: showTime(kept.kept_at, now) })}</Note>
      )}
      {kept !== undefined && items.length === 0 && (
        <p class="empty">{t(name === "all" ? "cases_empty" : "cases_none_waiting")}</p>
      )}
      <div class={items.length ? "weui-cells" : ""} data-testid="cases">
        {items.map((one) => (
          <CaseLine key={one.id} one={one} now={now} />
        ))}
      </div>
      {cursor && (
        <div class="actions">
          <button type="button" class="weui-btn weui-btn_default" onClick={() => readMore(cursor)}>
            {t("more")}
          </button>
        </div>
      )}
    </Page>
  );
}

export function CaseLine({ one, now }: { one: CaseSummary; now: Date }) {
  return (
    <a class="weui-cell weui-cell_access case-line" href={link("case", one.id)} data-code={one.code}>
      <span class="weui-cell__bd">
        <span class="case-line__top">
          <b class="line-1">{one.title}</b>
          <StateTag state={one.state} />
        </span>
        <small class="faint">
          {one.urgency > 1 && <b class="due">{tCode("urgency", String(one.urgency))} · </b>}
          {one.holder ? `${t("holder")} ${one.holder.name}` : t("holder_none")}
        </small>
        <small class="faint">
          {one.code} · {showTime(one.received_at, now)}
        </small>
      </span>
      <span class="weui-cell__ft" />
    </a>
  );
}

export function StateTag({ state }: { state: string }) {
  return <span class={`tag tag--${state}`}>{tCode("case", state)}</span>;
}
