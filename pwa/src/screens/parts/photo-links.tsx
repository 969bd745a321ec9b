/** Photos at the office as small pictures that open large; those still on the way say so. */
import type { CaseView } from "../../api/shapes";
import { t } from "../../speak";

export function PhotoLinks({ photos }: { photos: CaseView["photos"] }) {
  if (photos.length === 0) return null;
  return (
    <div class="photos__list">
      {photos.map((photo, index) =>
        photo.missing ? (
          <div
            key={photo.sha256}
            class="photos__one photos__one--missing"
            data-sha256={photo.sha256}
            data-missing=""
          >
            {t("photo_missing")}
          </div>
        ) : (
          <a
            key={photo.sha256}
            class="photos__one"
            href={`/api/v1/photos/${photo.sha256}?size=screen`}
            target="_blank"
            rel="noreferrer"
            data-sha256={photo.sha256}
          >
            <img
              src={`/api/v1/photos/${photo.sha256}?size=thumb`}
              alt={t("photo_n", { n: index + 1 })}
              loading="lazy"
            />
          </a>
        ),
      )}
    </div>
  );
}
