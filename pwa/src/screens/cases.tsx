/** Cases by what they ask of this person, and all of them, newest first; without a network as last kept. */
import { useEffect, useState } from "preact/hooks";
import type { CaseSummary } from "../api/shapes";
import { fetchMore, refreshList, sourceOf } from "../live/cases";
import { fill, isEnded, isLate, type ListName, listsOf } from "../live/lists";
import { link } from "../route";
import { t, tCode } from "../speak";
import { me, personId } from "../state";
import { useNow } from "./parts/hooks";
import { ListTabs, useLists } from "./parts/lists";
import { Note, Page } from "./parts/page";
import { usePages } from "./parts/pages";
import { showTime } from "./parts/times";

/** Looked at first when nothing asks for an answer or a decision. */
const BY_THE_WAY: ListName[] = ["handle", "overdue", "waiting", "all"];

/** The list asked for by the address, else the first that holds something: what waits for a decision first. */
export function Cases({ name }: { name: ListName | null }) {
  const now = useNow(60_000);
  const lists = useLists();
  const [offline, setOffline] = useState(false);
  const [opened, setOpened] = useState<ListName | null>(null);

  const own = listsOf(me.value);
  useEffect(() => {
    if (name !== null || opened !== null || !lists) return;
    const deciding = own.filter((one) => !BY_THE_WAY.includes(one) && one !== "done");
    const full = [...deciding, ...BY_THE_WAY].find((one) => fill(one, lists.kept, now).items.length > 0);
    setOpened(full ?? "all");
  }, [name, opened, lists]);
  const shown = name ?? opened ?? "all";
  const source = sourceOf(shown);

  useEffect(() => {
    let left = false;
    const person = personId();
    if (person)
      void refreshList(person, source, new Date()).then((answer) => {
        if (!left) setOffline(answer.kind === "unreachable");
      });
    return () => {
      left = true;
    };
  }, [source]);

  const first = lists?.kept[source];
  const pages = usePages(source, first, (cursor) => fetchMore(source, cursor));
  const whole = first && { ...lists.kept, [source]: { ...first, items: pages.items } };
  const { items } = fill(shown, whole ?? lists?.kept ?? {}, now);
  const keptAt = lists?.at[source];
  return (
    <Page title={t("cases_title")}>
      {own.length > 1 && <ListTabs on={shown} lists={lists} now={now} />}
      {offline && keptAt && <Note tone="plain">{t("cases_offline", { when: showTime(keptAt, now) })}</Note>}
      {lists && items.length === 0 && (
        <p class="empty">{t(shown === "all" ? "cases_empty" : "cases_none_waiting")}</p>
      )}
      <div class={items.length ? "weui-cells" : ""} data-testid="cases" data-list={shown}>
        {items.map((one) => (
          <CaseLine key={one.id} one={one} now={now} />
        ))}
      </div>
      {pages.more}
    </Page>
  );
}

export function CaseLine({ one, now }: { one: CaseSummary; now: Date }) {
  const late = !isEnded(one.state) && isLate(one, now);
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
        {one.due_at && !isEnded(one.state) && (
          <small class={late ? "due" : "faint"}>
            {late && <b>{t("overdue")} </b>}
            {tCode("clock", "overall")} {showTime(one.due_at, now)}
          </small>
        )}
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
