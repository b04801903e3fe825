/** Attaches files that are dropped anywhere on the conversation. */
import { useRef, useState, type DragEvent, type ReactNode } from 'react';

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');

interface DropZoneProps {
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: ReactNode;
}

/** Shows a hint while files are dragged over it. */
export function DropZone({ onFiles, children }: DropZoneProps): ReactNode {
  const [isOver, setOver] = useState(false);
  // The pointer enters a child before it leaves the parent.
  const depth = useRef(0);
  const move = (step: 1 | -1): void => {
    depth.current += step;
    setOver(depth.current > 0);
  };
  return (
    <div
      className="drop-zone"
      onDragEnter={(event) => {
        if (hasFiles(event)) move(1);
      }}
      onDragLeave={(event) => {
        if (hasFiles(event)) move(-1);
      }}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {isOver ? <div className="drop-hint">Drop the files to attach them</div> : null}
    </div>
  );
}
