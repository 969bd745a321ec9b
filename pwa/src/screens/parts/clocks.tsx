/** Clocks of a case (时限): when each is due, how long is left, and its light or rung. */
import type { Deadline } from "../../api/shapes";
import { type Light, lightOf } from "../../case/clocks";
import { tCode } from "../../speak";
import { showLeft, showTime } from "./times";

const TONES: Record<Light, string> = {
  running: "",
  paused: "tag--void",
  yellow: "tag--submitted",
  red: "tag--rejected",
  supervision: "tag--rejected",
  yellow_card: "tag--rejected",
  red_card: "tag--rejected",
};

/** `named`: say whose clock it is, where that is not clear from what stands around it. */
export function ClockLine(props: { clock: Deadline; now: Date; named?: boolean }) {
  const { clock, now } = props;
  const light = lightOf(clock, now);
  return (
    <div class="clock" data-clock={clock.kind} data-light={light}>
      <span class="clock__what">
        {tCode("clock", clock.kind)}{" "}
        {light !== "running" && <span class={`tag ${TONES[light]}`}>{tCode("light", light)}</span>}
        {props.named && clock.unit && <small class="faint">{clock.unit.name}</small>}
      </span>
      <span class="clock__when">
        {showTime(clock.due_current, now)}
        {light !== "paused" && (
          <small class={light === "running" ? "faint" : light === "yellow" ? "amber" : "due"}>
            {showLeft(clock.due_current, now)}
          </small>
        )}
      </span>
    </div>
  );
}
