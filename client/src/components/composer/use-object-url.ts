/** Gives a file a URL that an element can show. */
import { useEffect, useState } from 'react';

/** Null until the URL exists, and without a file. The URL is revoked when the file changes or the component goes. */
export function useObjectUrl(file: File | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (file === null) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return file === null ? null : url;
}
