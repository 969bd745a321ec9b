/** A case that moved while a move waited: as it was seen beside as it is, what happened, and the person's choice. */
import type { CaseView } from "../../api/shapes";
import { namesIn } from "../../case/names";
import { type Compared, compare, stepsSince } from "../../case/since";
import { go, link } from "../../route";
import { say, t, tCode } from "../../speak";
import { me } from "../../state";
import type { MoveItem } from "../../store/rows";
import { nameCategory } from "./category-field";
import { Note, Page } from "./page";
import { SaidLines } from "./said";
import { Timeline } from "./timeline";
import { showTime } from "./times";

interface Props {
  title: string;
  item: MoveItem;
  one: CaseView;
  now: Date;
  /** May the move still be made as the case stands now? */
  possible: boolean;
  onSame: () => void;
  onChange: () => void;
  onDrop: () => void;
}

export function Moved({ title, item, one, now, possible, onSame, onChange, onDrop }: Props) {
  const seen = item.seen;
  const since = stepsSince(one, seen?.version ?? one.version).reverse();
  return (
    <Page
      title={title}
      onBack={() => go("case", one.id)}
      foot={
        <div class="moves" data-testid="decide">
          {possible ? (
            <>
              <button type="button" class="weui-btn weui-btn_primary" onClick={onSame}>
                {t("send_as_is")}
              </button>
              <button type="button" class="weui-btn weui-btn_default" onClick={onChange}>
                {t("change_and_send")}
              </button>
            </>
          ) : (
            <a class="weui-btn weui-btn_primary" href={link("case", one.id)}>
              {t("see_case")}
            </a>
          )}
          <button
            type="button"
            class="weui-btn weui-btn_warn"
            onClick={() => {
              if (confirm(t("drop_item_sure"))) onDrop();
            }}
          >
            {t("drop_item")}
          </button>
        </div>
      }
    >
      <Note tone="warn" live>
        {item.failure?.problem ? say(item.failure.problem.message) : t("move_gone")}
        {!possible && <div>{t("move_gone")}</div>}
      </Note>
      <section class="card">
        <p class="line-2">{one.title}</p>
        <small class="faint">{one.code}</small>
        {seen && (
          <table class="beside" data-testid="beside">
            <thead>
              <tr>
                <th />
                <th scope="col">{t("seen_then")}</th>
                <th scope="col">{t("seen_now")}</th>
              </tr>
            </thead>
            <tbody>
              {compare(seen, one).map(({ what, before, now: after, changed }) => (
                <tr key={what} class={changed ? "beside__changed" : undefined} data-what={what}>
                  <th scope="row">{tCode("cmp", what)}</th>
                  <td>{show(what, before, now)}</td>
                  <td>{show(what, after, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section class="card" data-testid="your-move">
        <h2 class="card__title">{t("your_move")}</h2>
        <b>{item.label ? say(item.label) : tCode("act", item.action)}</b>
        <SaidLines action={item.action} payload={item.payload} names={namesIn(one, me.value)} now={now} />
        <small class="faint">{showTime(item.saved_at, now)}</small>
      </section>
      <section class="card">
        <h2 class="card__title">{t("since_then")}</h2>
        {since.length ? (
          <Timeline one={one} steps={since} now={now} />
        ) : (
          <p class="faint">{t("since_nothing")}</p>
        )}
      </section>
    </Page>
  );
}

function show(what: Compared, value: string | number | null, now: Date): string {
  if (value === null) return t("cmp_none");
  const text = String(value);
  if (what === "state") return tCode("case", text);
  if (what === "urgency") return tCode("urgency", text);
  if (what === "category") return nameCategory(text);
  return what === "due_at" ? showTime(text, now) : text;
}
