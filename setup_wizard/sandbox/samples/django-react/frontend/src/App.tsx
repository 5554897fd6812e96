import { useEffect, useState } from 'react'

export function App() {
  const [fruit, setFruit] = useState<string[]>([])
  useEffect(() => {
    void fetch('/api/v1/fruit/')
      .then((answer) => answer.json())
      .then((data: { fruit: string[] }) => setFruit(data.fruit))
  }, [])
  return <ul>{fruit.map((name) => <li key={name}>{name}</li>)}</ul>
}
