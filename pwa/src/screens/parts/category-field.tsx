/** Choosing a category: the leaves of the pack by group, searchable, the last used ones first. */
import { useState } from "preact/hooks";
import type { Category } from "../../api/shapes";
import { language, t } from "../../speak";
import { pack, personId } from "../../state";
import { writeCache } from "../../store/cache";
import { useKept } from "./hooks";
import { Sheet } from "./page";

const RECENT = "recent-categories";
const MOST_RECENT = 4;

export function findCategory(code: string | null): Category | null {
  return pack.value?.categories.find((category) => category.code === code) ?? null;
}

/** The category's name in the language chosen; its code while the pack does not know it. */
export function nameCategory(code: string | null): string {
  const found = findCategory(code);
  if (!found) return code ?? t("choose_category");
  return language.value === "en" && found.name_en ? found.name_en : found.name;
}

export function CategoryField(props: { value: string | null; onChoose: (category: Category) => void }) {
  const [open, setOpen] = useState(false);
  const recent = useRecent();
  const chosen = findCategory(props.value);

  async function choose(category: Category): Promise<void> {
    setOpen(false);
    props.onChoose(category);
    const person = personId();
    const codes = [category.code, ...recent.map((one) => one.code).filter((code) => code !== category.code)];
    if (person) await writeCache(person, RECENT, codes.slice(0, MOST_RECENT), null, new Date());
  }

  return (
    <>
      <button
        type="button"
        class="weui-cell weui-cell_access cell-button"
        onClick={() => setOpen(true)}
        data-testid="category"
      >
        <span class={chosen ? "weui-cell__bd" : "weui-cell__bd faint"}>{nameCategory(props.value)}</span>
        <span class="weui-cell__ft" />
      </button>
      {!chosen && recent.length > 0 && (
        <div class="chips chips--inset">
          <span class="chips__label faint">{t("recent_categories")}</span>
          {recent.map((category) => (
            <button key={category.code} type="button" class="chip" onClick={() => choose(category)}>
              {nameCategory(category.code)}
            </button>
          ))}
        </div>
      )}
      {open && <CategorySheet onClose={() => setOpen(false)} onChoose={choose} chosen={props.value} />}
    </>
  );
}

function useRecent(): Category[] {
  const codes = useKept<string[]>(RECENT)?.value ?? [];
  return codes.map(findCategory).filter((category) => category !== null);
}

function CategorySheet(props: {
  chosen: string | null;
  onClose: () => void;
  onChoose: (category: Category) => void;
}) {
  const [search, setSearch] = useState("");
  const groups = groupLeaves(pack.value?.categories ?? [], search);
  return (
    <Sheet title={t("choose_category")} onClose={props.onClose}>
      <input
        class="search"
        type="search"
        value={search}
        placeholder={t("search_category")}
        aria-label={t("search_category")}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      {search === "" && (
        <div class="chips chips--row">
          {tops(groups).map((group) => (
            <button key={group.top} type="button" class="chip" onClick={() => showGroup(group.title)}>
              {group.top}
            </button>
          ))}
        </div>
      )}
      {groups.length === 0 && <p class="fine">{t(pack.value ? "no_category_found" : "no_pack")}</p>}
      {groups.map((group) => (
        <section key={group.title} id={groupId(group.title)}>
          <h3 class="weui-cells__title">{group.title}</h3>
          <div class="choices">
            {group.leaves.map((category) => (
              <button
                key={category.code}
                type="button"
                class={category.code === props.chosen ? "choice choice--on" : "choice"}
                onClick={() => props.onChoose(category)}
                data-code={category.code}
              >
                {nameCategory(category.code)}
              </button>
            ))}
          </div>
        </section>
      ))}
    </Sheet>
  );
}

function groupId(title: string): string {
  return `group-${title}`;
}

function showGroup(title: string): void {
  document.getElementById(groupId(title))?.scrollIntoView({ block: "start" });
}

/** The first group of each top category. */
function tops(groups: { title: string; top: string }[]) {
  return groups.filter((group, at) => groups.findIndex((other) => other.top === group.top) === at);
}

/** Leaves under the names above them, keeping the pack's order; `search` looks in all the names. */
export function groupLeaves(categories: Category[], search: string) {
  const byCode = new Map(categories.map((category) => [category.code, category]));
  const groups = new Map<string, { title: string; top: string; leaves: Category[] }>();
  const wanted = search.trim().toLowerCase();
  for (const leaf of categories) {
    if (!leaf.leaf) continue;
    const above: string[] = [];
    for (let code = leaf.parent; code !== null; code = byCode.get(code)?.parent ?? null)
      above.unshift(nameCategory(code));
    const title = above.join(" · ");
    if (wanted && !`${title} ${leaf.name} ${leaf.name_en} ${leaf.code}`.toLowerCase().includes(wanted))
      continue;
    const group = groups.get(title) ?? { title, top: above[0] ?? "", leaves: [] };
    group.leaves.push(leaf);
    groups.set(title, group);
  }
  return [...groups.values()];
}
