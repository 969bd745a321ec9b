/** The frame of every screen: a bar with its title and a way back, the content, and what stays below. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../speak";
import { Icon } from "./icons";

export function Page(props: {
  title: string;
  onBack?: () => void;
  aside?: ComponentChildren;
  foot?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <main class="page">
      <header class="bar">
        {props.onBack && (
          <button type="button" class="bar__button" onClick={props.onBack} aria-label={t("back")}>
            <Icon name="back" />
          </button>
        )}
        <h1 class="bar__title">{props.title}</h1>
        <div class="bar__aside">{props.aside}</div>
      </header>
      <div class="page__content">{props.children}</div>
      {props.foot && <footer class="page__foot">{props.foot}</footer>}
    </main>
  );
}

/** A sheet over the whole screen, closed by its own buttons only: a form below it stays as it is. */
export function Sheet(props: {
  title: string;
  onClose: () => void;
  foot?: ComponentChildren;
  children: ComponentChildren;
}) {
  useBackToClose(props.onClose);
  return (
    <div class="sheet" role="dialog" aria-modal="true" aria-label={props.title}>
      <header class="bar">
        <button type="button" class="bar__button" onClick={props.onClose} aria-label={t("close")}>
          <Icon name="cross" />
        </button>
        <h2 class="bar__title">{props.title}</h2>
        <div class="bar__aside" />
      </header>
      <div class="page__content">{props.children}</div>
      {props.foot && <footer class="page__foot">{props.foot}</footer>}
    </div>
  );
}

/** The phone's own back button closes the sheet and stays on the screen below. */
function useBackToClose(onClose: () => void): void {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    let popped = false;
    const whenPopped = () => {
      popped = true;
      close.current();
    };
    history.pushState({ sheet: true }, "");
    window.addEventListener("popstate", whenPopped);
    return () => {
      window.removeEventListener("popstate", whenPopped);
      if (!popped && history.state?.sheet) history.back();
    };
  }, []);
}

/** A sentence that must be seen; `live` has it read out when it appears. */
export function Note(props: {
  tone: "plain" | "good" | "warn" | "bad";
  children: ComponentChildren;
  live?: boolean;
}) {
  return (
    <div class={`note note--${props.tone}`} role={props.live ? "status" : undefined}>
      {props.children}
    </div>
  );
}
