/** The emoji that support staff use most, grouped by subject. */

const of = (text: string): readonly string[] => text.split(' ');

export const EMOJI: readonly (readonly [group: string, emoji: readonly string[]])[] = [
  [
    'Faces',
    of('😀 😃 😄 😁 😅 😂 🤣 😊 🙂 😉 😍 🥰 😘 😋 😜 🤗 🤔 😐 🙄 😏 😬 😔 😢 😭 😤 😠 😱 😳 🥺 😴 🤒 😷 🥳 😎 🤩 😇'),
  ],
  ['Hands', of('👍 👎 👌 👋 🙏 👏 🙌 🤝 💪 🤞 ✌️ ✋ 👉 👈 👆 👇 🤷 🤦 🙋')],
  ['Signs', of('❤️ 🧡 💛 💚 💙 💜 🖤 💔 ✨ ⭐ 🔥 💯 ✅ ❌ ⚠️ ❗ ❓ ➕ ⏳ ⏰')],
  ['Business', of('📦 🚚 🛒 🛍️ 💳 💰 🧾 📄 📎 📷 📞 📱 💻 📧 📅 🔑 🔒 🔧 🏠 🏢 📍 🗺️ 🎁 🎉 🎂 🎈')],
  ['Everything else', of('☕ 🍕 🍔 🍎 🍰 🍷 ✈️ 🚗 🚆 🚲 ☀️ 🌧️ ❄️ 🌸 🌍 🐶 🐱 ⚽ 🎵 💡')],
];
