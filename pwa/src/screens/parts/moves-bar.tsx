/** The moves open to this person as buttons: the next ones in sight, the rest behind 更多. */
import { useState } from "preact/hooks";
import type { CaseView, Move } from "../../api/shapes";
import { aboutOf, arrange, describeAbout, needsNaming } from "../../case/offers";
import { link } from "../../route";
import { say, t, tCode } from "../../speak";
import { Sheet } from "./page";

export function MovesBar({ one, moves }: { one: CaseView; moves: Move[] }) {
  const [open, setOpen] = useState(false);
  const { first, more } = arrange(moves, one);
  return (
    <div class="moves" data-testid="moves">
      {first.map((move, at) => (
        <a
          key={keyOf(move)}
          class={at === 0 ? "weui-btn weui-btn_primary" : "weui-btn weui-btn_default"}
          href={link("move", one.id, move.action, ...aboutOf(move))}
          data-action={move.action}
          data-about={aboutOf(move)[0]}
        >
          <span>
            {nameMove(move)}
            {needsNaming(move, moves) && <small>{sayAbout(move, one)}</small>}
          </span>
        </a>
      ))}
      {more.length > 0 && (
        <button
          type="button"
          class="weui-btn weui-btn_default"
          onClick={() => setOpen(true)}
          data-testid="more-moves"
        >
          {t("more")}
        </button>
      )}
      {open && (
        <Sheet title={t("more_moves")} onClose={() => setOpen(false)}>
          <nav class="weui-cells" aria-label={t("more_moves")}>
            {more.map((move) => (
              <a
                key={keyOf(move)}
                class="weui-cell weui-cell_access"
                href={link("move", one.id, move.action, ...aboutOf(move))}
                data-action={move.action}
                data-about={aboutOf(move)[0]}
              >
                <span class="weui-cell__bd">
                  {nameMove(move)}
                  {aboutOf(move).length > 0 && <small class="faint">{sayAbout(move, one)}</small>}
                </span>
                <span class="weui-cell__ft" />
              </a>
            ))}
          </nav>
        </Sheet>
      )}
    </div>
  );
}

function keyOf(move: Move): string {
  return [move.action, ...aboutOf(move)].join("/");
}

export function nameMove(move: Move): string {
  return move.label ? say(move.label) : tCode("act", move.action);
}

/** e.g. 消防应急所, or 消防应急所 · 申请延期. */
export function sayAbout(move: Move, one: CaseView): string {
  const about = describeAbout(move, one);
  if (!about) return "";
  const request = about.request && tCode("request", about.request.kind);
  return [about.unit, request].filter(Boolean).join(" · ");
}
