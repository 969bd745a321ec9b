/** Taking, attaching and removing the photos of a draft or a move; stored before they are shown. */
import { useEffect, useRef, useState } from "preact/hooks";
import { canDigest } from "../../draft/digest";
import { dropPhoto, finishRaw, freeSpace, keepPhoto, listPhotos, MOST_PHOTOS } from "../../draft/photos";
import { t, type Word } from "../../speak";
import { onChanged } from "../../store/announce";
import type { PhotoRow } from "../../store/rows";
import { usePicture } from "./hooks";
import { Icon } from "./icons";
import { Note } from "./page";

/** With less room than this a photo may not fit: told before it is taken. */
const ROOM_BYTES = 12 * 1024 * 1024;

export function PhotoField(props: {
  owner: string;
  person: string;
  /** Everything typed so far must be durable before the camera opens. */
  isSettled: () => boolean;
  settled: () => Promise<void>;
  onPhotos?: (photos: PhotoRow[]) => void;
}) {
  const [photos, setPhotos] = useState<PhotoRow[]>([]);
  const [busy, setBusy] = useState(0);
  const [trouble, setTrouble] = useState<Word | null>(null);
  const [room, setRoom] = useState(true);
  const camera = useRef<HTMLInputElement>(null);
  const album = useRef<HTMLInputElement>(null);

  useEffect(() => {
    let left = false;
    async function read(): Promise<void> {
      const rows = (await listPhotos(props.owner)).filter((photo) => photo.state === "ready");
      if (left) return;
      setPhotos(rows);
      props.onPhotos?.(rows);
    }
    async function look(): Promise<void> {
      const free = await freeSpace();
      if (!left) setRoom(free === null || free > ROOM_BYTES);
    }
    void finishRaw(props.owner).catch(() => setTrouble("photo_no_room"));
    void read();
    void look();
    const forget = onChanged((changed) => {
      if (changed !== "drafts") return;
      void read();
      void look();
    });
    return () => {
      left = true;
      forget();
    };
  }, [props.owner]);

  async function open(input: HTMLInputElement | null): Promise<void> {
    setTrouble(room ? null : "photo_no_room");
    if (!props.isSettled()) {
      try {
        await props.settled();
      } catch {
        setTrouble("photo_no_room");
        return;
      }
    }
    input?.click();
  }

  async function keep(input: HTMLInputElement): Promise<void> {
    const files = Array.from(input.files ?? []);
    setBusy((n) => n + files.length);
    setTrouble(null);
    for (const file of files) {
      try {
        const kept = await keepPhoto(props.person, props.owner, file, new Date());
        if (kept.kind === "same") setTrouble("photo_same");
        if (kept.kind === "unreadable") setTrouble("photo_unreadable");
        if (kept.kind === "too_many") setTrouble("photo_too_many");
      } catch {
        setTrouble("photo_no_room");
      }
      setBusy((n) => n - 1);
    }
    // The same photo may be chosen again after it was removed.
    input.value = "";
  }

  if (!canDigest()) return <Note tone="warn">{t("photo_insecure")}</Note>;
  const full = photos.length >= MOST_PHOTOS;
  return (
    <div class="photos" data-testid="photos">
      <div class="photos__list">
        {photos.map((photo, index) => (
          <Thumb key={photo.id} photo={photo} n={index + 1} />
        ))}
        {busy > 0 && (
          <div class="photos__one photos__one--busy" role="status" aria-label={t("photo_storing")}>
            <i class="weui-primary-loading" />
          </div>
        )}
        <button type="button" class="photos__add" disabled={full} onClick={() => open(camera.current)}>
          <Icon name="camera" size={28} />
          {t("take_photo")}
        </button>
        <button type="button" class="photos__add" disabled={full} onClick={() => open(album.current)}>
          <Icon name="album" size={28} />
          {t("pick_photo")}
        </button>
      </div>
      <input
        ref={camera}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        data-testid="camera"
        onChange={(event) => keep(event.currentTarget)}
      />
      <input
        ref={album}
        type="file"
        accept="image/*"
        multiple
        hidden
        data-testid="album"
        onChange={(event) => keep(event.currentTarget)}
      />
      {(trouble || !room) && (
        <Note tone="warn" live>
          {t(trouble ?? "photo_no_room")}
        </Note>
      )}
    </div>
  );
}

function Thumb({ photo, n }: { photo: PhotoRow; n: number }) {
  const url = usePicture(photo);
  return (
    <figure class="photos__one" data-sha256={photo.sha256}>
      {url && <img src={url} alt={t("photo_n", { n })} />}
      <figcaption>{Math.ceil(photo.bytes.byteLength / 1024)} KB</figcaption>
      <button type="button" onClick={() => dropPhoto(photo.id)} aria-label={t("remove_photo", { n })}>
        <Icon name="cross" size={18} />
      </button>
    </figure>
  );
}
