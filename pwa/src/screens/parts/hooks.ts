/** Small habits of screens: reading a kept answer, a clock that ticks, a photo's picture. */
import { useEffect, useState } from "preact/hooks";
import { cacheTick, session } from "../../state";
import { readCache } from "../../store/cache";
import type { CacheRow, PhotoRow } from "../../store/rows";

/** The kept answer under `key` for the person signed in; undefined while reading, null when there is none. */
export function useKept<T>(key: string): (Omit<CacheRow, "value"> & { value: T }) | null | undefined {
  const [row, setRow] = useState<CacheRow | null | undefined>(undefined);
  const person = session.value?.person.id;
  const tick = cacheTick.value;
  useEffect(() => {
    let left = false;
    if (person)
      readCache(person, key).then((found) => {
        if (!left) setRow(found ?? null);
      });
    return () => {
      left = true;
    };
  }, [person, key, tick]);
  return row as (Omit<CacheRow, "value"> & { value: T }) | null | undefined;
}

/** The time, renewed every `every` milliseconds while the screen is shown. */
export function useNow(every: number): Date {
  const [now, setNow] = useState(new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** An address for the stored photo's picture, given back when no longer shown. */
export function usePicture(photo: PhotoRow): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [photo.id, photo.sha256]);
  return url;
}
