/** Loads attachments. They are fetched with the session's token, so they arrive as bytes and are shown from memory. */
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import { actions } from '../../state/app.ts';

/** The state of the bytes; `idle` until they are wanted. */
export type Loaded =
  { readonly state: 'idle' | 'loading' | 'failed' } | { readonly state: 'ready'; readonly src: string };

/** Fetches the attachment at `url` as an object URL once it is wanted. Also returns a function to retry. */
export function useBlob(url: string | null, isWanted: boolean): readonly [Loaded, () => void] {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'idle' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (url === null || !isWanted) return undefined;
    let src: string | null = null;
    let isGone = false;
    setLoaded({ state: 'loading' });
    void actions.fetchMedia(url).then((blob) => {
      src = blob;
      if (isGone && blob !== null) URL.revokeObjectURL(blob);
      else if (!isGone) setLoaded(blob === null ? { state: 'failed' } : { state: 'ready', src: blob });
    });
    return () => {
      isGone = true;
      if (src !== null) URL.revokeObjectURL(src);
    };
  }, [url, isWanted, attempt]);
  const retry = useCallback(() => {
    setAttempt((count) => count + 1);
  }, []);
  return [loaded, retry];
}

/** True once the element has been near the screen. */
export function useNearScreen<T extends Element>(): readonly [RefObject<T | null>, boolean] {
  const ref = useRef<T>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (element === null || isNear) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { rootMargin: '400px' },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [isNear]);
  return [ref, isNear];
}
