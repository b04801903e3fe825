/** A place with a link to a map. No map tiles are fetched. */
import type { ReactNode } from 'react';
import type { Location } from '../../../../src/contract/message.ts';
import { Icon } from '../icons.tsx';
import { webAddress } from '../loose.ts';

/** The sender's own link, else OpenStreetMap at this point. */
function mapLink({ latitude, longitude, url }: Location): string {
  const [lat, lon] = [String(latitude), String(longitude)];
  return webAddress(url) ?? `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
}

/** `isLive` means that the customer shared a live location; the place is where it started. */
export function Place({ place, isLive }: { readonly place: Location; readonly isLive: boolean }): ReactNode {
  return (
    <a className="place" href={mapLink(place)} target="_blank" rel="noopener noreferrer" title="Open in a map">
      <span className="place-mark">
        <Icon name="pin" size={26} />
      </span>
      <span className="place-words">
        <strong>{place.name ?? (isLive ? 'Live location' : 'Location')}</strong>
        {place.address === undefined ? null : <span>{place.address}</span>}
        <span className="faint">
          {place.latitude.toFixed(5)}, {place.longitude.toFixed(5)}
        </span>
      </span>
    </a>
  );
}
